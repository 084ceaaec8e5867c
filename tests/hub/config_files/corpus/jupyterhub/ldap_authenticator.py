# ldapauthenticator, "Configuration"
c.JupyterHub.authenticator_class = "ldapauthenticator.LDAPAuthenticator"
c.LDAPAuthenticator.server_address = "ldap.example.org"
# stops: line 2: c.JupyterHub.authenticator_class is 'ldapauthenticator.LDAPAuthenticator', which cannot be imported (No module named 'ldapauthenticator').
# stops: line 3: c.LDAPAuthenticator.server_address is for a class that this image does not have. Add jupyterhub-ldapauthenticator to your requirements.txt.
