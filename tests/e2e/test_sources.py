"""The console's files by themselves: every code of the server's in words, nothing foreign, nothing inline."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

import pytest

from central.alert import AlertMove, AlertState, Verdict
from central.interception import UnitStatus
from central.order import PEOPLES_MOVES, OrderState
from central.people import Role
from edge.quality import Flaw
from proto.clock import ClockQuality
from proto.passage import Tier
from proto.plate import PlateClass, PlateColour

WEB = Path(str(files("central") / "console" / "web"))
CHINESE: dict[str, str] = json.loads((WEB / "src/languages/zh-CN.json").read_text(encoding="utf-8"))


def _codes(group: str, codes: Iterable[StrEnum | str]) -> list[str]:
    return [f"{group}.{code}" for code in codes]


@pytest.mark.parametrize(
    "keys",
    [
        _codes("class", PlateClass),
        _codes("colour", PlateColour),
        _codes("alert_state", AlertState),
        _codes("order_state", OrderState),
        _codes("order_move", PEOPLES_MOVES),
        _codes("tier", Tier),
        _codes("clock", ClockQuality),
        _codes("role", Role),
        _codes("unread", Flaw),
        _codes("unit_status", UnitStatus),
        _codes("step", [*(m for m in AlertMove if m is not AlertMove.VERIFY), *Verdict]),
        _codes("action.alert", AlertMove),
    ],
    ids=lambda keys: str(keys[0].rsplit(".", 1)[0]),
)
def test_every_code_of_the_server_has_its_words(keys: list[str]) -> None:
    assert set(keys) - CHINESE.keys() == set()  # that both dictionaries have the same keys, vitest tests


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    assert len(lock["packages"]) > 10
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert [name for name, package in lock["packages"].items() if name and "integrity" not in package] == []


@pytest.mark.usefixtures("built_console")
def test_no_script_or_style_stands_in_the_page() -> None:
    page = (WEB.parent / "built/index.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|style=|\son\w+=", page)
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert all(address.startswith("./") for address in addresses), addresses


def test_no_source_asks_another_host() -> None:
    for path in (WEB / "src").rglob("*"):
        if path.is_file() and path.name != "schema.d.ts":
            addresses = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", path.read_text(encoding="utf-8"))
            assert addresses == [], path


def test_modules_stay_small() -> None:
    for path in (WEB / "src").rglob("*.ts*"):
        if path.name != "schema.d.ts":
            assert len(path.read_text(encoding="utf-8").splitlines()) < 400, path
