"""Addresses of pictures (证据图片): for one person, for a shift, by the passage that told them. Pure.

A picture is found by its SHA-256, which says nothing of where it was taken. So its address says by which
passage it was told and at which checkpoint, under a seal that only the centre can make: whoever opens it is
held to the checkpoint as they are to the passage, and the audit trail knows through what they saw it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from central.view import IMAGE_PATH, AlertStepView, AlertView, EvidenceView, PassageView

#: Of a person's address: longer than a shift. Whether they may is asked anew each time it is opened.
LASTS = timedelta(hours=12)
#: Of one that a message to a target carries, which anybody may open who may see the passage.
LASTS_IN_MESSAGES = timedelta(days=7)
#: Addresses end on the full hour, so that a browser that is told the same picture twice finds it in its cache.
_FULL = 3600
_PURPOSE = "bukong picture 1"
_SEAL_CHARACTERS = 32
PATH = IMAGE_PATH
#: Whose an address is that is nobody's own.
ANYBODY = ""


class NotGiven(Exception):
    """An address that was not given to whoever opens it: as if there were no picture."""


class TooOld(NotGiven):
    """An address of an earlier shift; says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """By which passage a picture was told, and until when the address holds: what stands in it."""

    passage_id: str
    checkpoint_id: str
    until: int  #: seconds of the epoch
    seal: str  #: hex


@dataclass(frozen=True, slots=True)
class Addresses:
    """Makes the addresses of one reader."""

    key: bytes
    username: str  #: `ANYBODY`: of no one person
    until: int

    @classmethod
    def of(cls, key: bytes, username: str, *, now: datetime) -> Addresses:
        return cls(key, username, _full_hour(now + LASTS))

    @classmethod
    def in_messages(cls, key: bytes, *, now: datetime) -> Addresses:
        return cls(key, ANYBODY, _full_hour(now + LASTS_IN_MESSAGES))

    def address(self, sha256: str, *, passage_id: str, checkpoint_id: str) -> str:
        """Path and query."""
        seal = _seal(self.key, sha256, self.username, passage_id, checkpoint_id, self.until)
        told = {"passage": passage_id, "checkpoint": checkpoint_id, "until": self.until, "seal": seal}
        return f"{PATH}{sha256}?{urlencode(told)}"

    def passage(self, view: PassageView) -> PassageView:
        """The same with addresses that its reader can open."""
        evidence = self._evidence(view.evidence, view.passage_id, view.checkpoint.checkpoint_id)
        return view.model_copy(update={"evidence": evidence})

    def alert(self, view: AlertView) -> AlertView:
        """The same of all its passages."""
        listed = [
            each.model_copy(
                update={
                    "evidence": self._evidence(each.evidence, each.passage_id, each.checkpoint.checkpoint_id)
                }
            )
            for each in view.passages
        ]
        steps = [self.step(each, view.passage) for each in view.steps]
        return view.model_copy(
            update={"passage": self.passage(view.passage), "passages": listed, "steps": steps}
        )

    def step(self, view: AlertStepView, told_by: PassageView) -> AlertStepView:
        """The same of a feedback's photos, which are told with this passage of the alert."""
        if not view.photos:
            return view
        checkpoint_id = told_by.checkpoint.checkpoint_id
        photos = [self._opened(bare, told_by.passage_id, checkpoint_id) for bare in view.photos]
        return view.model_copy(update={"photos": photos})

    def put_in(self, kind: str, data: dict[str, Any]) -> None:
        """The same of a live event's JSON, in place."""
        for told in _told_in(kind, data):
            told["evidence"] = {
                which: bare and self._opened(bare, told["passage_id"], told["checkpoint"]["checkpoint_id"])
                for which, bare in told["evidence"].items()
            }
        for step in data.get("steps", ()) if kind == "alert" else ():
            newest = data["passage"]
            step["photos"] = [
                self._opened(bare, newest["passage_id"], newest["checkpoint"]["checkpoint_id"])
                for bare in step.get("photos", ())
            ]

    def _evidence(self, bare: EvidenceView, passage_id: str, checkpoint_id: str) -> EvidenceView:
        return EvidenceView(
            scene=bare.scene and self._opened(bare.scene, passage_id, checkpoint_id),
            vehicle=bare.vehicle and self._opened(bare.vehicle, passage_id, checkpoint_id),
            plate=bare.plate and self._opened(bare.plate, passage_id, checkpoint_id),
        )

    def _opened(self, bare: str, passage_id: str, checkpoint_id: str) -> str:
        return self.address(bare.removeprefix(PATH), passage_id=passage_id, checkpoint_id=checkpoint_id)


def check(key: bytes, sha256: str, told: Told, *, username: str, now: datetime) -> None:
    """Raises:
    NotGiven: the centre did not give this address to this person.
    TooOld: not for so long.
    """
    seals = [
        _seal(key, sha256, of, told.passage_id, told.checkpoint_id, told.until) for of in (username, ANYBODY)
    ]
    given = any(hmac.compare_digest(seal.encode(), told.seal.encode()) for seal in seals)
    if not given:
        raise NotGiven(
            "expected a picture's address as it was shown to you with its passage or alert, got another"
        )
    if now.timestamp() >= told.until:
        raise TooOld("expected an address of this shift's, got an older one: load the passage or alert again")


def _told_in(kind: str, data: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a live event that tell of a passage with pictures."""
    if kind == "passage":
        return [data]
    return [data["passage"], *data["passages"]] if kind == "alert" else []


def _full_hour(moment: datetime) -> int:
    return -(-int(moment.timestamp()) // _FULL) * _FULL


def _seal(key: bytes, sha256: str, username: str, passage_id: str, checkpoint_id: str, until: int) -> str:
    # As JSON, so that no two of them read the same.
    said = json.dumps([_PURPOSE, sha256, username, passage_id, checkpoint_id, until])
    return hmac.new(key, said.encode(), hashlib.sha256).hexdigest()[:_SEAL_CHARACTERS]
