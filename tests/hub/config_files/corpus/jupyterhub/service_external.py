# JupyterHub, "Services": a service that runs elsewhere
c.JupyterHub.services = [
    {
        "name": "grades",
        "url": "http://127.0.0.1:9",
        "api_token": "super-secret-token-of-grades",
        "oauth_no_confirm": True,
        "oauth_redirect_uri": "/services/grades/oauth_callback",
        "display": False,
    }
]
