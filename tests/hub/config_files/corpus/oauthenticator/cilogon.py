# OAuthenticator, "CILogon setup"
c.JupyterHub.authenticator_class = "cilogon"
c.CILogonOAuthenticator.allowed_idps = {
    "https://idp2.example.org/login": {
        "username_derivation": {"username_claim": "email", "action": "prefix", "prefix": "idp2"},
        "allow_all": True,
    }
}
