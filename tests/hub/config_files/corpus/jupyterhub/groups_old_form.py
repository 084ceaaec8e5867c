# JupyterHub 3, "load_groups": lists of names
c.JupyterHub.load_groups = {"students": ["alice", "bob"]}
