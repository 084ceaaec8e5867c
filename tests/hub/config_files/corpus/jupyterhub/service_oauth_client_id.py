# JupyterHub, "Services": a client id without the prefix
c.JupyterHub.services = [
    {"name": "grades", "url": "http://127.0.0.1:9", "api_token": "t" * 32, "oauth_client_id": "grades"}
]
# stops: line 2: c.JupyterHub.services: service grades has oauth_client_id='grades'. Service oauth client ids must start with 'service-'
