# OAuthenticator, "OpenShift setup": groups that nobody manages
c.JupyterHub.authenticator_class = "openshift"
c.OpenShiftOAuthenticator.openshift_url = "https://api.example.org:6443"
c.OpenShiftOAuthenticator.openshift_auth_api_url = "https://login.example.org"
c.OpenShiftOAuthenticator.manage_groups = False
c.OpenShiftOAuthenticator.allowed_groups = {"physics"}
# stops: line 6: c.OpenShiftOAuthenticator.allowed_groups: OpenShiftOAuthenticator.allowed_groups requires OpenShiftOAuthenticator.manage_groups to also be set
