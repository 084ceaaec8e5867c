# JupyterHub, "Services": most keys of an external one
c.JupyterHub.services = (
    {
        "name": "wiki",
        "url": "http://127.0.0.1:10101",
        "api_token": "a-long-token-of-the-wiki",
        "oauth_no_confirm": True,
        "oauth_redirect_uri": "https://wiki.example.org/callback",
        "display": False,
        "info": {"owner": "physics"},
    },
)
