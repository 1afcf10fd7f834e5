"""Neighbouring centres: who they are, and what they may have of us. Pure, but for the key's file."""

from __future__ import annotations

import enum
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Self

from proto.signature import SECRET_BYTES, verify_key_of


class Field(enum.StrEnum):
    """What may be answered beside plate, checkpoint and time."""

    DIRECTION = "direction"
    LANE = "lane"
    SPEED = "speed"
    COLOUR = "colour"
    CONFIDENCE = "confidence"
    IMAGES = "images"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A neighbouring centre, as this one's settings have it."""

    name: str  #: both centres call it so
    url: str  #: where it is asked; empty: it is not, it only asks
    verify_key: bytes  #: of its signatures
    ca: Path | None = None  #: the only authority whose certificate it may show; None: the system's
    areas: frozenset[str] = frozenset()  #: of ours that it may see; "*": the whole network; empty: nothing
    fields: frozenset[Field] = frozenset()
    back: timedelta = timedelta(days=30)  #: how far back it is answered; the age tier holds too
    purposes: tuple[str, ...] = ()  #: a reason must name one of these; empty: any reason will do
    per_minute: int = 30  #: questions that it may ask

    def allows(self, reason: str) -> bool:
        """Whether it may ask for such a reason."""
        return not self.purposes or any(purpose in reason for purpose in self.purposes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """This centre, as its neighbours know it."""

    name: str
    secret: bytes = field(repr=False)

    @property
    def verify_key(self) -> bytes:
        """What neighbours need to know that it is us."""
        return verify_key_of(self.secret)

    @classmethod
    def opened(cls, name: str, path: Path) -> Self:
        """With the key in a file, which is made where there is none.

        Raises:
            OSError: it can't be read or made.
            ValueError: the file holds no key.
        """
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            pass
        else:
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(SECRET_BYTES))
                file.flush()
                os.fsync(file.fileno())
        secret = path.read_bytes()
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"expected a key of {SECRET_BYTES} bytes in {path}, found {len(secret)}")
        return cls(name=name, secret=secret)


def peer_named(peers: Sequence[Peer], name: str) -> Peer | None:
    """None: there is none of this name."""
    return next((peer for peer in peers if peer.name == name), None)
