# JupyterHub, "The hub's database": an argument of the engine that does not exist
c.JupyterHub.db_url = "sqlite://"
c.JupyterHub.db_kwargs = {"pool_sizze": 5}
# stops: line 3: c.JupyterHub.db_kwargs: cannot be used: Invalid argument(s) 'pool_sizze' sent to create_engine(), using configuration SQLiteDialect_pysqlite/SingletonThreadPool/Engine. Please check that the keyword arguments are appropriate for this combination of components.
