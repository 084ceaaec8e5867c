# JupyterHub, "Spawners": a form
def options_from_form(formdata):
    return {"image": formdata["image"][0]}


c.Spawner.options_form = """
<label for="image">Image</label>
<select name="image"><option value="a">A</option></select>
"""
c.Spawner.options_from_form = options_from_form
