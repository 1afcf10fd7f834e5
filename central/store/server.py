"""A ClickHouse server or cluster: the only module that imports clickhouse-connect."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

import clickhouse_connect
import pyarrow as pa
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from central.ports import StoreUnavailable
from central.store.clickhouse import ClickHousePassages
from central.store.engine import MEMORY_MIB, SETTINGS, Parameters
from central.store.layout import Layout

#: What every query and insert runs with.
_SETTINGS = {
    **SETTINGS,
    # Acknowledged is stored: on this server's disk, and on every shard's where a Distributed table hands on.
    "async_insert": 0,
    "distributed_foreground_insert": 1,
    # A day's rows of one passage lie in one partition: FINAL need not compare across them.
    "do_not_merge_across_partitions_select_final": 1,
}


class ServerEngine:
    """One database of a server; safe to call from several threads."""

    def __init__(
        self,
        url: str,
        *,
        threads: int = 2,
        memory_mib: int = MEMORY_MIB,
        connect_timeout_s: int = 5,
        answer_timeout_s: int = 60,
    ) -> None:
        """
        Args:
            url: http(s)://user:password@host:port/database.
            threads: a query may use.
            memory_mib: a query may use.
            connect_timeout_s: how long a server may take to answer the door.
            answer_timeout_s: how long a query may take.

        Raises:
            StoreUnavailable: it can't be reached, or does not let us in.
        """
        parts = urlsplit(url)
        self._place = f"{parts.scheme}://{parts.hostname}:{parts.port or ''}{parts.path}"
        with self._asking():
            self._client: Client = clickhouse_connect.get_client(
                interface=parts.scheme,
                host=parts.hostname or "localhost",
                port=parts.port or (8443 if parts.scheme == "https" else 8123),
                username=unquote(parts.username or "default"),
                password=unquote(parts.password or ""),
                database=parts.path.strip("/") or "default",
                connect_timeout=connect_timeout_s,
                send_receive_timeout=answer_timeout_s,
                # Queries of several threads run side by side; a session would queue them up.
                autogenerate_session_id=False,
                # A thousand identifiers don't fit into an address.
                form_encode_query_params=True,
                settings=_SETTINGS | {"max_threads": threads, "max_memory_usage": memory_mib << 20},
            )

    def query(self, sql: str, parameters: Parameters | None = None) -> pa.Table:
        with self._asking():
            return self._client.query_arrow(sql, parameters=_bound(parameters), use_strings=True)

    def command(self, sql: str, parameters: Parameters | None = None) -> None:
        with self._asking():
            self._client.command(sql, parameters=_bound(parameters))

    def insert(self, table: str, rows: pa.Table) -> None:
        with self._asking():
            self._client.insert_arrow(table, rows)

    def cancel(self, tag: str) -> None:
        where = "WHERE Settings['log_comment'] = {tag:String} ASYNC"
        with self._asking():
            self._client.command(f"KILL QUERY {where}", parameters={"tag": tag})

    def close(self) -> None:
        self._client.close()

    @contextlib.contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except (ClickHouseError, OSError) as error:
            # Its texts may be pages long; they begin with what matters.
            text = " ".join(str(error).split())
            raise StoreUnavailable(f"ClickHouse at {self._place}: {text[:500]}") from error


def open_server_store(
    url: str, layout: Layout, *, threads: int = 2, memory_mib: int = MEMORY_MIB
) -> ClickHousePassages:
    """The passages kept in a server's database, whose tables are made if they are missing.

    Raises:
        StoreUnavailable: see `ServerEngine`.
    """
    engine = ServerEngine(url, threads=threads, memory_mib=memory_mib)
    try:
        return ClickHousePassages(engine, layout, memory_mib=memory_mib)
    except BaseException:
        engine.close()
        raise


def _bound(parameters: Parameters | None) -> dict[str, object] | None:
    return dict(parameters) if parameters is not None else None
