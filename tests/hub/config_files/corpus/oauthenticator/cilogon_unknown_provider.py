# OAuthenticator, "CILogon setup": a provider that is no address
c.JupyterHub.authenticator_class = "cilogon"
c.CILogonOAuthenticator.allowed_idps = {"google": {"username_derivation": {"username_claim": "email"}}}
# stops: line 3: c.CILogonOAuthenticator.allowed_idps: The keys of `idps` **must** be CILogon permitted EntityIDs. See https://cilogon.org/idplist for the list of EntityIDs of each IDP.
