# JupyterHub, "Authenticators": a second factor
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.request_otp = True
c.Authenticator.otp_prompt = "Code:"
c.Authenticator.any_allow_config = True
