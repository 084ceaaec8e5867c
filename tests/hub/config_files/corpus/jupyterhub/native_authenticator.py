# NativeAuthenticator, "Quickstart"
c.JupyterHub.authenticator_class = "native"
c.NativeAuthenticator.open_signup = True
# stops: line 2: c.JupyterHub.authenticator_class is 'native', which this image does not have. It has: auth0, azuread, bitbucket, cilogon, default, dummy, generic-oauth, github, gitlab, globus, google, local-auth0, local-azuread, local-bitbucket, local-cilogon, local-generic-oauth, local-github, local-gitlab, local-globus, local-google, local-openshift, mediawiki, null, openshift, pam, shared-password, tmp.
# stops: line 3: c.NativeAuthenticator.open_signup is for an unknown class.
