"""What a target is told of an alert: facts, as few as it is meant to have, and the words for them. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from central.alert import AlertMove
from central.delivery.target import Carry, Happening
from central.view import AlertView

#: JSON's own kinds.
Facts = dict[str, Any]


def facts_of(view: AlertView, happening: Happening, carry: Collection[Carry]) -> Facts:
    """Without what the target isn't meant to have; no person's name is ever among them."""
    passage = view.passage
    facts: Facts = {
        "event": happening.value,
        "alert_id": view.alert_id,
        "version": view.version,
        "state": view.state.value,
        "tier": view.tier.value,
        "priority": view.priority,
        "raised_at": _utc(view.raised_at.isoformat()),
        "seen_at": _utc(passage.captured_at.isoformat()),
        "checkpoint_id": passage.checkpoint.checkpoint_id,
        "checkpoint": passage.checkpoint.name,
        "direction": passage.direction,
        "passages": view.passage_count,
        "escalations": view.escalations,
    }
    last = view.steps[-1] if view.steps else None
    if last is not None:
        facts["step"] = last.step.value
    if last is not None and last.step is AlertMove.ESCALATE:
        facts["asked"] = last.addressee
    if Carry.PLATE in carry:
        facts["plate"] = view.order.plate_display
    if Carry.PICTURES in carry:
        evidence = passage.evidence
        facts["pictures"] = [each for each in (evidence.plate, evidence.vehicle, evidence.scene) if each]
    if Carry.DANGER_NOTE in carry:
        facts["danger_note"] = view.order.danger_note
    if Carry.CASE in carry:
        order = view.order
        facts |= {
            "reason": order.reason,
            "case_number": order.case_number,
            "contact": order.contact,
            "instructions": order.instructions,
        }
    return facts


def _utc(text: str) -> str:
    return text.replace("+00:00", "Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said to people."""

    title: str
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join((self.title, *self.lines))


class Templates:
    """The words of each language: TOML files named by it, with titles by event, terms and lines.

    A line with a `$name` for which there is nothing to say is left out.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """`folder`: of one's own files; those of a language that it lacks are the built-in ones.

        Raises:
            ValueError: a file is not as it must be.
        """
        built_in = files("central.delivery") / "templates"
        found = {
            f.name.removesuffix(".toml"): f.read_text("utf-8")
            for f in built_in.iterdir()
            if f.name.endswith(".toml")
        }
        if folder is not None:
            found |= {path.stem: path.read_text("utf-8") for path in folder.glob("*.toml")}
        self._languages = {language: _parsed(language, text) for language, text in found.items()}

    @property
    def languages(self) -> frozenset[str]:
        return frozenset(self._languages)

    def words(self, facts: Facts, language: str) -> Words:
        """Of a language that was taken away since, in Chinese."""
        found = self._languages.get(language) or self._languages["zh-CN"]
        terms: Mapping[str, Mapping[str, str]] = found["terms"]
        fields = {
            name: _one_line(terms.get(name, {}).get(str(v), v))
            for name, v in facts.items()
            if v not in ("", [])
        }
        lines = []
        for line in found["lines"]:
            template = Template(line)
            if all(name in fields for name in template.get_identifiers()):
                lines.append(template.substitute(fields))
        return Words(title=found["titles"][facts["event"]], lines=tuple(lines))


def _one_line(value: object) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    return " ".join(str(value).split())


def _parsed(language: str, text: str) -> dict[str, Any]:
    found = tomllib.loads(text)
    missing = [event for event in Happening if event.value not in found.get("titles", {})]
    if missing or not isinstance(found.get("lines"), list):
        raise ValueError(f"expected titles of every event and lines in the templates of {language}")
    for line in found["lines"]:
        if not Template(line).is_valid():
            raise ValueError(f"expected $names in the templates of {language}, got {line!r}")
    return {"titles": found["titles"], "lines": found["lines"], "terms": found.get("terms", {})}
