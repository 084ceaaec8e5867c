"""`python -m jupyterhub_openshift settings`: the settings in effect, and the reference of all settings."""

from textwrap import wrap

from .environment import VARIABLES, Settings, displayed, variable_of

WIDTH = 100
NOT_SET = "(not set)"


def show_settings(settings: Settings) -> None:
    """Print each setting, and whether the environment or the default gives its value."""
    name_width = max(map(len, VARIABLES)) + 2
    for field in Settings.model_fields:
        variable = variable_of(field)
        source = "environment" if field in settings.model_fields_set else "default"
        start = f"{variable:{name_width}}{source:13}"
        room = WIDTH - len(start)
        text = _shown(variable, getattr(settings, field))
        for at in range(0, len(text), room):
            print(f"{start if at == 0 else ' ' * len(start)}{text[at : at + room]}")
    print(end="", flush=True)


def _shown(variable: str, value: object) -> str:
    return NOT_SET if value is None or value == frozenset() else displayed(variable, value)


def _entry(variable: str) -> str:
    field = VARIABLES[variable]
    default = NOT_SET if field.is_required() else _shown(variable, field.get_default())
    example = (field.examples or [""])[0]
    about = wrap(f"{field.description}.", WIDTH - 6)
    return "\n      ".join([f"  {variable}", *about, f"default: {default}", f"example: {variable}={example}"])


REFERENCE = "\n\n".join(["the settings, environment variables of the deployment:", *map(_entry, VARIABLES)])
