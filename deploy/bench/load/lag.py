"""How far groups are behind, asked from outside: whoever measures must not join them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from central.config import CentreSettings
from proto.bus.embedded import groups, log
from proto.bus.embedded.database import Database
from proto.topics import PASSAGES


@contextmanager
def lags(settings: CentreSettings) -> Iterator[Callable[[str], int | None]]:
    """Records of PASSAGES that a group has not committed; None while there is no such group."""
    if settings.bus.engine == "kafka":
        # Its client is an extra.
        from proto.bus.kafka.admin import Admin

        with closing(Admin(settings.kafka)) as admin:
            yield lambda group: sum(admin.lag(PASSAGES, group).values())
        return
    with closing(Database(settings.bus_file, busy_timeout_s=30)) as database:

        def lag(group: str) -> int | None:
            with database.read() as connection:
                found = groups.lag(connection, log.find(connection, PASSAGES.name), group)
            return sum(found.values()) if found else None

        yield lag
