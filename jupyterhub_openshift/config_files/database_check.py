"""Build and connect the database engine that `c.JupyterHub.db_url` asks for."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

EXAMPLE = "An example that works: postgresql+psycopg2://user:password@host:5432/database"
PACKAGES = {  # by module
    "MySQLdb": "mysqlclient (or PyMySQL, with mysql+pymysql:// in the URL)",
    "pymysql": "PyMySQL",
    "psycopg": "psycopg (or write postgresql+psycopg2:// in the URL)",
    "oracledb": "oracledb",
    "pyodbc": "pyodbc",
}
TIMEOUTS = {"postgresql": "connect_timeout", "mysql": "connect_timeout", "mariadb": "connect_timeout"}


def database_problem(db_url: str, db_kwargs: Mapping[str, Any], connect: bool) -> str:
    """Return why the hub could not use a database URL; empty if it can."""
    if "://" not in db_url:
        db_url = f"sqlite:///{db_url}"  # as JupyterHub reads it
    try:
        urlparse(db_url)  # JupyterHub does, for its log
        url = make_url(db_url)
    except (ValueError, ArgumentError):
        quote = "Quote special characters in the password with urllib.parse.quote(password, safe='')"
        return f"is not a database URL. {quote}. {EXAMPLE}"
    if url.get_backend_name() == "sqlite" and (problem := _file_problem(url.database)):
        return problem
    timeout = TIMEOUTS.get(url.get_backend_name())
    arguments = {**({timeout: 5} if timeout else {}), **db_kwargs.get("connect_args", {})}
    try:
        engine = create_engine(url, **{**db_kwargs, "connect_args": arguments})
        if connect:
            engine.connect().close()
            engine.dispose()
    except ModuleNotFoundError as missing:
        package = PACKAGES.get(str(missing.name), f"the package of {missing.name}")
        return f"needs a driver that this image does not have. Add {package} to your requirements.txt."
    except NoSuchModuleError:
        return f"names the unknown database {url.drivername!r}. {EXAMPLE}"
    except (SQLAlchemyError, TypeError) as error:
        reason = " ".join(str(getattr(error, "orig", None) or error).split())
        return f"cannot be used: {reason}"
    return ""


def _file_problem(database: str | None) -> str:
    """Return why SQLite could not create or write its file."""
    if not database or database == ":memory:" or database.startswith("file:"):
        return ""
    folder = Path(database).absolute().parent
    if not folder.is_dir():
        return f"needs the folder {folder}, which does not exist. /opt/app-root/data does."
    return "" if os.access(folder, os.W_OK) else f"needs to write to {folder}, which the hub may not."
