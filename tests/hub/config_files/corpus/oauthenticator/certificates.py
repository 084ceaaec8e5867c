# OAuthenticator: a certificate authority that is missing
c.JupyterHub.authenticator_class = "generic-oauth"
c.OAuthenticator.http_request_kwargs = {"ca_certs": "/etc/pki/company.pem"}
# fails: line 3: c.OAuthenticator.http_request_kwargs: has the ca_certs '/etc/pki/company.pem', which does not exist
