# OAuthenticator 15, "OkPy": a class that was removed
c.JupyterHub.authenticator_class = "okpy"
# stops: line 2: c.JupyterHub.authenticator_class is 'okpy', which this image does not have. It has: auth0, azuread, bitbucket, cilogon, default, dummy, generic-oauth, github, gitlab, globus, google, local-auth0, local-azuread, local-bitbucket, local-cilogon, local-generic-oauth, local-github, local-gitlab, local-globus, local-google, local-openshift, mediawiki, null, openshift, pam, shared-password, tmp.
