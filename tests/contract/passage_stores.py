"""The passage stores that the contract suite runs on, and how each is opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from central.ports import PassageStore
from central.store.chdb import open_chdb_store
from tests.clickhouse import open_server

#: Opens what a folder holds; opened again after `close`, it is the same store.
ENGINES: dict[str, Callable[[Path], PassageStore]] = {"chdb": open_chdb_store, "clickhouse": open_server}
