"""How the hub uses its database: fewer statements, and what happens while the database is away."""

from .connections import check_connections_by_socket
from .lookups import answer_from_memory
from .outages import answer_database_outages
from .read_transactions import end_read_transactions
from .schema_upgrade import save_before_upgrades


def prepare_database_use() -> None:
    """Set this process up, before JupyterHub connects to its database."""
    check_connections_by_socket()
    answer_from_memory()
    end_read_transactions()
    answer_database_outages()
    save_before_upgrades()
