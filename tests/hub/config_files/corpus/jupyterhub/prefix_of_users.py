# JupyterHub, "Authenticators": a pattern that is no expression
c.Authenticator.username_pattern = "("
# stops: line 2: c.Authenticator.username_pattern: error: missing ), unterminated subpattern at position 0
