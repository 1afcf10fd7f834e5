"""How the tables of passages are laid out on one machine and on a cluster."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from central.cli import central
from central.store.layout import ONE_PROCESS, Layout
from central.store.tables import MIGRATIONS, schema

CITY = Layout(cluster="city", shared=True, ttl_days=365)


def test_one_machine_has_one_table_and_no_ttl_unless_it_is_asked_for() -> None:
    ledger, passages, *changes = schema(Layout())
    assert "passages_migrations" in ledger
    assert "ENGINE = ReplacingMergeTree\n" in passages
    assert "PARTITION BY toYYYYMMDD(captured_at)" in passages
    assert changes
    assert all(sql.startswith("ALTER TABLE passages ") and " TTL " not in sql for sql in changes)
    *_, ttl = schema(Layout(ttl_days=90))
    assert ttl == "ALTER TABLE passages MODIFY TTL captured_at + toIntervalDay(90)"


def test_where_one_process_keeps_them_a_part_is_a_week_from_monday_on() -> None:
    _, passages, *_ = schema(ONE_PROCESS)
    assert "PARTITION BY toYYYYMMDD(toMonday(captured_at))" in passages
    assert schema(ONE_PROCESS)[2:] == schema(Layout())[2:]


def test_on_a_cluster_every_statement_is_for_all_machines() -> None:
    statements = schema(CITY)
    of_one_process = [sql for sql in schema(ONE_PROCESS) if "by_place_and_time" in sql]
    dropped = 1  # what it is instead of
    assert len(statements) == len(MIGRATIONS) - len(of_one_process) - dropped + 3
    assert not any("by_place_and_time" in sql or "DROP" in sql for sql in statements)
    assert all("ON CLUSTER `city`" in statement for statement in statements)


def test_on_a_cluster_each_shard_replicates_its_own_rows_and_one_table_stands_for_all() -> None:
    ledger, local, *_, over_all, ttl = schema(CITY)
    assert local.startswith("CREATE TABLE IF NOT EXISTS passages_local ON CLUSTER `city` (")
    path, replica = re.findall(r"ReplicatedReplacingMergeTree\('([^']+)', '([^']+)'\)", local)[0]
    assert "{shard}" in path
    assert replica == "{replica}"
    # The ledger is the same on all machines: one path, and no two of them under one name.
    path, replica = re.findall(r"ReplicatedReplacingMergeTree\('([^']+)', '([^']+)'\)", ledger)[0]
    assert "{shard}" not in path
    assert replica == "{shard}-{replica}"
    assert "Distributed('city', currentDatabase(), passages_local," in over_all
    assert ttl.startswith("ALTER TABLE passages_local ON CLUSTER `city` MODIFY TTL")


def test_reads_leave_out_doubles_where_several_write() -> None:
    assert Layout().source == "passages"
    assert Layout(shared=True).source == CITY.source == "passages FINAL"


def test_a_ttl_that_is_there_is_not_set_again_and_one_that_is_not_wanted_goes() -> None:
    now = "ReplacingMergeTree ORDER BY plate TTL captured_at + toIntervalDay(365) SETTINGS x = 1"
    assert CITY.ttl(now) is None
    assert Layout().ttl("ReplacingMergeTree ORDER BY plate") is None
    assert Layout().ttl(now) == "ALTER TABLE passages REMOVE TTL"
    changed = Layout(ttl_days=30).ttl(now)
    assert changed is not None
    assert "toIntervalDay(30)" in changed


@pytest.mark.parametrize("name", ["a b", "x`; DROP TABLE passages", "1st", "a" * 65])
def test_a_clusters_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="expected a cluster's name"):
        Layout(cluster=name)
    refused = CliRunner().invoke(central, ["passages-schema", "--cluster", name])
    assert refused.exit_code == 2
    assert "expected a cluster's name" in refused.output


def test_the_command_prints_what_is_run() -> None:
    printed = CliRunner().invoke(central, ["passages-schema", "--cluster", "city"])
    assert printed.exit_code == 0, printed.output
    assert printed.output == "".join(
        f"{statement};\n\n" for statement in schema(Layout(cluster="city", shared=True))
    )
