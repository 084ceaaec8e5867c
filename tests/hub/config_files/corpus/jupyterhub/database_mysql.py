# JupyterHub, "The hub's database": MySQL
c.JupyterHub.db_url = "mysql+pymysql://hub:secret@db:3306/hub"
# stops: line 2: c.JupyterHub.db_url: needs a driver that this image does not have. Add PyMySQL to your requirements.txt.
