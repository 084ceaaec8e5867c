"""Environment variables of the first jupyterhub-quickstart that have no effect today, with their successors.

All its other variables keep their names.
"""

OLD_VARIABLES = {
    "CONFIGURATION_TYPE": "JUPYTERHUB_AUTHENTICATOR=openshift",
    "JUPYTERHUB_ENABLE_LAB": "JUPYTERHUB_NOTEBOOK_INTERFACE=lab",
    "JUPYTERHUB_SERVICE_NAME": "APPLICATION_NAME=jupyterhub",
    "JUPYTERHUB_USER_WHITELIST": "JUPYTERHUB_ALLOWED_USERS=alice,bob",
}
