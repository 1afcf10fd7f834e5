"""The console's files by themselves: both dictionaries complete, every key used and known, nothing foreign."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from enum import StrEnum
from importlib.resources import files
from pathlib import Path

import pytest

from central.alert import AlertMove, AlertState, Verdict
from central.order import PEOPLES_MOVES, OrderState
from central.people import Role
from edge.quality import Flaw
from proto.clock import ClockQuality
from proto.passage import Tier
from proto.plate import PlateClass, PlateColour

CONSOLE = Path(str(files("central") / "console"))
SCRIPTS = {path.relative_to(CONSOLE).as_posix(): path.read_text() for path in CONSOLE.rglob("*.js")}
CHINESE: dict[str, str] = json.loads((CONSOLE / "languages/zh-CN.json").read_text())
ENGLISH: dict[str, str] = json.loads((CONSOLE / "languages/en.json").read_text())
#: Groups whose keys are put together from codes: `t(`group.${code}`)`, `term("group", code)`.
GROUPS = {
    group
    for source in SCRIPTS.values()
    for pair in re.findall(r"`([a-z_.]+?)\.\$\{|term(?:Text)?\(\"([a-z_]+)\"", source)
    for group in pair
    if group
} | {"field"}


def test_both_dictionaries_have_the_same_keys_in_the_same_order() -> None:
    assert list(CHINESE) == list(ENGLISH)


def test_no_text_is_empty_and_both_name_the_same_values() -> None:
    for key, chinese in CHINESE.items():
        english = ENGLISH[key]
        assert chinese.strip(), key
        assert english.strip(), key
        assert set(re.findall(r"\{\w+\}", chinese)) == set(re.findall(r"\{\w+\}", english)), key


def test_the_english_texts_are_english_and_the_chinese_are_not() -> None:
    for key, text in ENGLISH.items():
        assert not re.search(r"[㐀-鿿，。；：（）]", text), key
    for key, text in CHINESE.items():
        if key != "none":
            assert re.search(r"[㐀-鿿]", text) or re.fullmatch(r"[{}\w %]+", text), key


def test_every_key_used_is_known_and_every_key_known_is_used() -> None:
    quoted = {
        word for source in SCRIPTS.values() for word in re.findall(r'"([a-z_]+(?:\.[a-z_0-9]+)*)"', source)
    }
    asked = {word for source in SCRIPTS.values() for word in re.findall(r'\bt\("([^"]+)"', source)}
    assert asked - CHINESE.keys() == set(), "asked for and in no dictionary"
    dotted = {word for word in quoted if "." in word and not word.endswith((".svg", ".json"))}
    assert dotted - CHINESE.keys() == set(), "looks like a key and is in no dictionary"
    # A hint's key is its head's with ".hint" behind; a question's is its step's with ".ask".
    used = quoted | {f"{word}.hint" for word in quoted}
    unused = {key for key in CHINESE.keys() - used if not any(key.startswith(f"{group}.") for group in GROUPS)}
    assert unused == set()


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
        _codes("step", [*(m for m in AlertMove if m is not AlertMove.VERIFY), *Verdict]),
        _codes("action.alert", AlertMove),
    ],
    ids=lambda keys: str(keys[0].rsplit(".", 1)[0]),
)
def test_every_code_of_the_server_has_its_words(keys: list[str]) -> None:
    assert set(keys) - CHINESE.keys() == set()


def test_no_text_stands_in_a_script() -> None:
    for name, source in SCRIPTS.items():
        code = re.sub(r"//.*|/\*.*?\*/", "", source, flags=re.DOTALL if "/*" in source else 0)
        left = [
            text
            for text in re.findall(r'"[^"\n]*[㐀-鿿][^"\n]*"', code)
            if text not in ('"中文"', '"、"', '"川C·12345"')
        ]
        assert not left, f"{name}: {left}"


def test_no_script_or_style_stands_in_the_page_and_nothing_comes_from_elsewhere() -> None:
    page = (CONSOLE / "index.html").read_text()
    assert not re.search(r"<style|style=|\son\w+=", page)
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    for path in CONSOLE.rglob("*"):
        if path.is_file():
            addresses = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", path.read_text())
            assert set(addresses) <= {"http://www.w3.org"}, path


def test_markup_is_never_made_from_text() -> None:
    for name, source in SCRIPTS.items():
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source
        ), name


def test_every_file_is_used_and_small() -> None:
    page = (CONSOLE / "index.html").read_text()
    imported = {
        (CONSOLE / name).parent.joinpath(target).resolve()
        for name, source in SCRIPTS.items()
        for target in re.findall(r'from "(\.[^"]+)"|import "(\.[^"]+)"', source)
        for target in target
        if target
    }
    for path in CONSOLE.rglob("*"):
        if path.suffix in (".js", ".css"):
            name = path.relative_to(CONSOLE).as_posix()
            assert path.resolve() in imported or f'"{name}"' in page, f"nothing uses {name}"
            assert len(path.read_text().splitlines()) < 300, name


def test_no_script_imports_what_it_does_not_use() -> None:
    for name, source in SCRIPTS.items():
        for names in re.findall(r"^import \{([^}]+)\} from", source, re.MULTILINE):
            for imported in names.split(","):
                local = imported.split(" as ")[-1].strip()
                assert len(re.findall(rf"\b{local}\b", source)) > 1, f"{name} imports {local}"
