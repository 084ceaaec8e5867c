"""The settings for a person: what there is, and what is in effect."""

from textwrap import wrap

from .environment import SECRETS, VARIABLES, Settings, environment, printable

WIDTH = 100
NOT_SET = "(not set)"


def show_settings(settings: Settings) -> None:
    """Print each setting, and whether the environment or the default gives its value."""
    environ = environment()
    name_width = max(map(len, VARIABLES)) + 2
    for name, field in Settings.model_fields.items():
        variable = str(field.validation_alias)
        source = "environment" if variable in environ else "default"
        start = f"{variable:{name_width}}{source:13}"
        room = WIDTH - len(start)
        text = shown(variable, getattr(settings, name))
        for at in range(0, len(text), room):
            print(f"{start if at == 0 else ' ' * len(start)}{text[at : at + room]}")
    print(end="", flush=True)


def shown(variable: str, value: object) -> str:
    """As it would be set."""
    if value is None or value == frozenset():
        return NOT_SET
    if variable in SECRETS:
        return "(hidden)"
    return printable(",".join(sorted(value)) if isinstance(value, frozenset) else str(value))


def _entry(variable: str) -> str:
    field = VARIABLES[variable]
    default = NOT_SET if field.is_required() else shown(variable, field.get_default())
    example = (field.examples or [""])[0]
    about = wrap(f"{field.description}.", WIDTH - 6)
    return "\n      ".join([f"  {variable}", *about, f"default: {default}", f"example: {variable}={example}"])


REFERENCE = "\n\n".join(["the settings, in the deployment's environment:", *map(_entry, VARIABLES)])
