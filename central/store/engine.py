"""What runs ClickHouse's SQL: the port of chDB and of the server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import pyarrow as pa

Parameters = Mapping[str, str | int | float | Sequence[str] | Sequence[int] | Sequence[float]]
#: Memory a query may use unless it is said otherwise: `CONNECTIONS` of them leave the centre alive.
MEMORY_MIB = 2048
#: What every query of every engine runs with.
SETTINGS: Mapping[str, int] = {
    # A batch that comes late may touch as many days as it likes.
    "max_partitions_per_insert_block": 0,
}


class Engine(Protocol):
    """What runs ClickHouse's SQL. Safe to call from several threads.

    Every method raises StoreUnavailable where the engine refuses or can't be reached. Parameters stand in the
    SQL as {name:Type} and never become part of its text.
    """

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table: ...

    def command(self, sql: str, parameters: Parameters | None = None) -> None:
        """Something without an answer."""
        ...

    def insert(self, table: str, rows: pa.Table) -> None:
        """All rows, durable on return."""
        ...

    def cancel(self, tag: str) -> None:
        """End the queries that run with this text as their log_comment. There may be none."""
        ...

    def close(self) -> None: ...
