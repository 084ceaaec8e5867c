# JupyterHub, "extra_handlers": a pattern that is no expression
c.JupyterHub.extra_handlers = [(r"/hello(", object)]
# stops: line 2: c.JupyterHub.extra_handlers: error: missing ), unterminated subpattern at position 10
