"""Bring the tables to this version's state."""

from __future__ import annotations

import logging
from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from central.records.port import RecordsUnusable

# Alembic tells of its own steps at info on every start; who opens the records logs what matters of them.
logging.getLogger("alembic").setLevel(logging.WARNING)


def migrate(connection: Connection) -> tuple[str | None, str | None]:
    """Run what is missing, in the connection's transaction; returns the revision before and after.

    Raises:
        RecordsUnusable: the tables are of a newer version than this program knows.
    """
    with as_file(files("central.records") / "migrations") as folder:
        config = Config()
        config.set_main_option("script_location", str(folder).replace("%", "%%"))
        config.attributes["connection"] = connection
        before = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if before is not None and before not in known:
            raise RecordsUnusable(
                f"expected records of at most revision {max(known)}, found {before}: they were written by a "
                "newer bukong; run that one, or put back the backup made before it"
            )
        command.upgrade(config, "head")
        return before, MigrationContext.configure(connection).get_current_revision()
