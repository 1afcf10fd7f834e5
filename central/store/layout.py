"""How the tables of passages lie on a machine or a cluster. Pure: names and SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: A cluster's name goes into SQL as it is.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where the rows of `passages` are, and who writes them."""

    cluster: str = ""  #: name of a ClickHouse cluster; empty: one machine
    #: Several processes insert: two may hand in the same passage at the same moment, so reads must leave out
    #: what the merges have not met yet.
    shared: bool = False
    ttl_days: int = 0  #: rows older than this go by themselves; 0: only the retention job deletes
    #: Days whose rows lie together, from a Monday on where it is a week. Whatever is asked looks into each part
    #: of its time, so few are quick; whole ones are dropped when they are too old, of others rows are deleted.
    days_a_part: Literal[1, 7] = 1

    def __post_init__(self) -> None:
        if self.cluster and not _NAME.fullmatch(self.cluster):
            raise ValueError(f"expected a cluster's name of letters, digits, _ and -, got {self.cluster!r}")
        if self.ttl_days < 0:
            raise ValueError(f"expected days of at least 0, got {self.ttl_days}")

    @property
    def one_process(self) -> bool:
        """One process writes, on one machine."""
        return not self.shared and not self.cluster

    @property
    def local(self) -> str:
        """The table that holds this machine's rows."""
        return "passages_local" if self.cluster else "passages"

    @property
    def source(self) -> str:
        """What is selected from."""
        return "passages" if self.one_process else "passages FINAL"

    @property
    def on_cluster(self) -> str:
        """What stands behind a table's name where a statement holds for all machines."""
        return f" ON CLUSTER `{self.cluster}`" if self.cluster else ""

    def adapted(self, sql: str) -> str:
        """A migration, written for one machine and parts of a day, as this layout has it.

        On a cluster every machine gets the table as `passages_local`, replicated within its shard.
        """
        if self.days_a_part == 7:
            sql = sql.replace("toYYYYMMDD(captured_at)", "toYYYYMMDD(toMonday(captured_at))")
        if not self.cluster:
            return sql
        placed = re.sub(
            r"\b(CREATE TABLE(?: IF NOT EXISTS)?|ALTER TABLE) passages\b",
            rf"\1 passages_local{self.on_cluster}",
            sql,
        )
        path = "/clickhouse/tables/{shard}/{database}/passages"
        return placed.replace(
            "ENGINE = ReplacingMergeTree", f"ENGINE = ReplicatedReplacingMergeTree('{path}', '{{replica}}')"
        )

    def over_all(self) -> str | None:
        """The table that stands for all machines' rows; None on one machine.

        A vehicle's passages lie on one shard, so a track asks one machine and doubles meet; those without a
        plate are spread, or one machine would have them all.
        """
        if not self.cluster:
            return None
        return (
            f"CREATE TABLE IF NOT EXISTS passages{self.on_cluster} AS passages_local"
            f" ENGINE = Distributed('{self.cluster}', currentDatabase(), passages_local,"
            " cityHash64(if(plate = '', toString(passage_id), plate)))"
        )

    def ledger(self, sql: str) -> str:
        """The table of applied migrations: one for all machines, replicated to each."""
        if not self.cluster:
            return sql
        placed = sql.replace("passages_migrations", f"passages_migrations{self.on_cluster}", 1)
        path = "/clickhouse/tables/{database}/passages_migrations"
        return placed.replace(
            "ENGINE = ReplacingMergeTree",
            f"ENGINE = ReplicatedReplacingMergeTree('{path}', '{{shard}}-{{replica}}')",
        )

    def everywhere(self, sql: str, table: str) -> str:
        """CREATE TABLE of a small table that every machine of a cluster has all rows of."""
        if not self.cluster:
            return sql
        placed = sql.replace(f"{table} (", f"{table}{self.on_cluster} (", 1)
        path = f"'/clickhouse/tables/{{database}}/{table}', '{{shard}}-{{replica}}'"
        return re.sub(
            r"ENGINE = ReplacingMergeTree\(?(\w*)\)?",
            lambda m: f"ENGINE = ReplicatedReplacingMergeTree({path}{', ' + m[1] if m[1] else ''})",
            placed,
        )

    @property
    def alter(self) -> str:
        """The beginning of what changes the rows of all machines."""
        return f"ALTER TABLE {self.local}{self.on_cluster}"

    @property
    def parts(self) -> str:
        """Where the parts of all machines are listed."""
        return f"clusterAllReplicas('{self.cluster}', system.parts)" if self.cluster else "system.parts"

    def ttl(self, engine_full: str) -> str | None:
        """What brings a table to this layout's time; None where it has it.

        It knows no legal hold: it is the longest that the law allows, and not the usual time.

        Args:
            engine_full: of the table as it is, from system.tables.
        """
        wanted = f"TTL captured_at + toIntervalDay({self.ttl_days})"
        if self.ttl_days:
            return None if wanted in engine_full else f"{self.alter} MODIFY {wanted}"
        return f"{self.alter} REMOVE TTL" if " TTL " in engine_full else None


#: Where one process keeps all passages and is the only one that writes.
ONE_PROCESS = Layout(days_a_part=7)
