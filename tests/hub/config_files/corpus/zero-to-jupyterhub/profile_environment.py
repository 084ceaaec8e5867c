# Zero to JupyterHub, "profileList": a number as a variable
c.KubeSpawner.profile_list = [
    {"display_name": "Course", "kubespawner_override": {"environment": {"WEEK": 1}}}
]
# fails: line 2: c.KubeSpawner.profile_list: in the profile 'Course' the variable 'WEEK' should be text, but is int. Write '1'
