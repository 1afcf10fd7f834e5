"""Which passages are taken in, and which are suspect. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from central.columns import Lists, Mask, Origin, PassageColumns
from proto.passage import Passage, PlateRead
from proto.wire import from_time

MAX_NAME = 64  #: characters of an identifier
MAX_TEXT = 200  #: characters of a reason
MAX_PLATE = 16  #: characters; the grammar's own limit on what is a plate at all
MAX_POSITIONS = 32
MAX_ALTERNATIVES = 64  #: of one position
MAX_EVIDENCE = 16
MAX_MODELS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """The rules. Times are held against ours, since a node's clock may be anything."""

    kept: timedelta  #: what is older would be deleted at once
    ahead_refused: timedelta
    ahead_suspect: timedelta

    def refusal(self, passage: Passage, now: datetime) -> str | None:
        """Why the passage is not taken; None where it is."""
        return next(self._reasons(passage, now), None)

    def wrong(self, passages: PassageColumns, now: datetime) -> Mask:
        """Which passages `refusal` refuses."""
        at = passages.captured_at_us
        origins = np.array([_wrong_origin(o) for o in passages.origins], bool)
        wrong: Mask = (
            (at > from_time(now + self.ahead_refused))
            | (at < from_time(now - self.kept))
            | (passages.images.count > MAX_EVIDENCE)
            | (passages.positions.count > MAX_POSITIONS)
            | _wrong_texts(passages)
        )
        if len(passages):
            wrong |= origins[passages.origin]
        # Rare enough to be looked for passage by passage only where there is one.
        if len(passages.sizes) and passages.sizes.max() > MAX_ALTERNATIVES:
            wrong |= _has_one(passages.sizes > MAX_ALTERNATIVES, passages.positions)
        if len(passages.image_size) and passages.image_size.min() < 0:
            wrong |= _has_one(passages.image_size < 0, passages.images)
        return wrong

    def clock_ahead(self, passages: PassageColumns, now: datetime) -> Mask:
        """Which are from further in the future than a healthy clock can make them?"""
        ahead: Mask = passages.captured_at_us > from_time(now + self.ahead_suspect)
        return ahead

    def _reasons(self, passage: Passage, now: datetime) -> Iterator[str]:
        at = passage.captured_at
        if at > now + self.ahead_refused:
            yield f"expected captured_at at most {self.ahead_refused} ahead of {now}, got {at}"
        if at < now - self.kept:
            yield f"expected captured_at within the {self.kept.days} days that are kept, got {at}"
        for name, value in (("node_id", passage.node_id), ("checkpoint_id", passage.checkpoint_id)):
            if not 0 < len(value) <= MAX_NAME:
                yield f"expected a {name} of 1 to {MAX_NAME} characters, got {len(value)}"
        for name, value, most in (
            ("camera_id", passage.camera_id, MAX_NAME),
            ("direction", passage.direction, MAX_NAME),
            ("unread_reason", passage.unread_reason, MAX_TEXT),
        ):
            if len(value) > most:
                yield f"expected a {name} of at most {most} characters, got {len(value)}"
        if len(passage.evidence) > MAX_EVIDENCE or len(passage.models) > MAX_MODELS:
            yield (
                f"expected at most {MAX_EVIDENCE} images and {MAX_MODELS} models, "
                f"got {len(passage.evidence)} and {len(passage.models)}"
            )
        if any(image.size < 0 for image in passage.evidence):
            yield "expected images of no less than 0 bytes, got one of less"
        if passage.plate is not None:
            yield from _read_reasons(passage.plate)


def _read_reasons(read: PlateRead) -> Iterator[str]:
    if not 0 < len(read.text) <= MAX_PLATE:
        yield f"expected a plate of 1 to {MAX_PLATE} characters, got {len(read.text)}"
    if len(read.lattice) > MAX_POSITIONS or any(len(p) > MAX_ALTERNATIVES for p in read.lattice):
        yield f"expected a lattice of at most {MAX_POSITIONS} positions by {MAX_ALTERNATIVES} alternatives"


def _wrong_origin(origin: Origin) -> bool:
    return (
        not 0 < len(origin.node_id) <= MAX_NAME
        or not 0 < len(origin.checkpoint_id) <= MAX_NAME
        or max(len(origin.camera_id), len(origin.direction)) > MAX_NAME
        or len(origin.unread_reason) > MAX_TEXT
        or len(origin.models) > MAX_MODELS
    )


def _wrong_texts(passages: PassageColumns) -> Mask:
    lengths = np.fromiter(map(len, passages.text), np.int64, len(passages))
    wrong: Mask = passages.read & ((lengths == 0) | (lengths > MAX_PLATE))
    return wrong


def _has_one(marked: Mask, lists: Lists) -> Mask:
    """Which passages have a marked thing in their list."""
    of = np.repeat(np.arange(len(lists.count)), lists.count)
    found: Mask = np.bincount(of[marked], minlength=len(lists.count)) > 0
    return found
