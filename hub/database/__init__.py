"""The database: JupyterHub's tables, and beside them the platform's own.

A module that keeps something declares its tables on `METADATA`; `hub/database/migrations`
holds how they came about, step by step.
"""

from hub.database.connection import apply_database, connect, database_url, engine_at
from hub.database.migrating import FOLDER, downgrade, upgrade
from hub.database.tables import METADATA, Instant

__all__ = [
    "FOLDER",
    "METADATA",
    "Instant",
    "apply_database",
    "connect",
    "database_url",
    "downgrade",
    "engine_at",
    "upgrade",
]
