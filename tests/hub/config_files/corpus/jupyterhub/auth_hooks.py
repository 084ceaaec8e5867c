# JupyterHub, "Authenticators": hooks
def post_auth(authenticator, handler, authentication):
    return authentication


def auth_state(spawner, state):
    spawner.environment["UPSTREAM_TOKEN"] = (state or {}).get("access_token", "")


c.Authenticator.post_auth_hook = post_auth
c.Spawner.auth_state_hook = auth_state
c.Authenticator.refresh_pre_spawn = True
