"""The shared state in Redis: what each concern keeps there, and what it answers while Redis is away."""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from central.people import ACCOUNT_THROTTLE, ADDRESS_THROTTLE
from central.state import scripts
from central.state.limits import StateLimits
from central.state.link import Arguments, Link, StateAway
from central.state.moments import microseconds, moment_of
from central.state.port import SIGHTINGS_A_PLATE, Lease, Raised, Sighting, SightingColumns
from proto.clock import Clock
from proto.passage_columns import ID

#: Sightings of one script: a few milliseconds in which the server does nothing else.
CHUNK = 500
_MICROSECOND = timedelta(microseconds=1)
_MILLISECOND = timedelta(milliseconds=1)


def number_of(score: bytes) -> int:
    """What Redis writes a whole number as, where it takes it for a floating one."""
    return int(float(score))


def milliseconds(duration: timedelta) -> int:
    return max(1, duration // _MILLISECOND)


class RedisSightings:
    """See `Sightings`. A sorted set a plate, by time, and one of all plates by their newest."""

    def __init__(self, link: Link, prefix: str, limits: StateLimits, clock: Clock) -> None:
        self._link = link
        self._plates, self._index = f"{prefix}seen:", f"{prefix}seen-plates"
        self._limits = limits
        self._clock = clock

    def put(self, sightings: SightingColumns) -> None:
        limits = self._limits
        head = (self._oldest(), milliseconds(limits.sightings_kept), SIGHTINGS_A_PLATE, limits.plates)
        calls: list[tuple[Sequence[str], Arguments]] = []
        ids = sightings.passage_ids.hex()
        members = [
            ids[2 * ID * row : 2 * ID * (row + 1)] + sightings.checkpoints[number]
            for row, number in enumerate(sightings.checkpoint.tolist())
        ]
        captured_at_us = sightings.captured_at_us.tolist()
        for start in range(0, len(sightings.plates), CHUNK):
            part = slice(start, start + CHUNK)
            # One text instead of thousands of arguments, each of which the client would write by itself.
            columns = json.dumps((sightings.plates[part], captured_at_us[part], members[part]))
            calls.append(((self._plates, self._index), (*head, columns)))
        if not calls:
            return
        try:
            self._link.scripts(scripts.PUT_SIGHTINGS, calls)
        except StateAway:
            return

    def last(self, plate: str, *, before: datetime | None = None) -> Sighting | None:
        until = "+inf" if before is None else microseconds(before)
        try:
            found = self._link.script(
                scripts.LAST_SIGHTING, (f"{self._plates}{plate}",), (self._oldest(), until)
            )
        except StateAway:
            return None
        assert isinstance(found, list)
        if not found:
            return None
        member, at = found[0].decode(), found[1]
        return Sighting(
            plate=plate,
            captured_at=moment_of(number_of(at)),
            passage_id=UUID(hex=member[:32]),
            checkpoint_id=member[32:],
        )

    def _oldest(self) -> int:
        return microseconds(self._clock.now() - self._limits.sightings_kept)


class RedisRepeats:
    """See `Repeats`. A key each, with the time of capture as its value."""

    def __init__(self, link: Link, prefix: str, limits: StateLimits) -> None:
        self._link = link
        self._prefix = f"{prefix}raised:"
        self._window = limits.repeat_window

    def known(self, wanted: Sequence[Raised]) -> Sequence[bool]:
        if not wanted or not self._window:
            return [False] * len(wanted)
        try:
            found = self._link.values([self._prefix + one.key for one in wanted])
        except StateAway:
            return [False] * len(wanted)
        return [
            at is not None and abs(one.captured_at - moment_of(number_of(at))) < self._window
            for one, at in zip(wanted, found, strict=True)
        ]

    def remember(self, raised: Sequence[Raised]) -> None:
        if not raised or not self._window:
            return
        keys = [self._prefix + one.key for one in raised]
        # Twice, since a passage comes some time after it was captured.
        keep = milliseconds(max(2 * self._window, timedelta(minutes=1)))
        try:
            self._link.script(
                scripts.REMEMBER_REPEATS, keys, [keep, *(microseconds(one.captured_at) for one in raised)]
            )
        except StateAway:
            return


class RedisThrottle:
    """See `LoginThrottle`. Names and addresses are there as hashes: a password typed into the wrong field is a
    name too."""

    def __init__(self, link: Link, prefix: str, clock: Clock) -> None:
        self._link = link
        self._prefix = f"{prefix}sign-in:"
        self._clock = clock

    def claim(self, username: str, address: str) -> datetime | None:
        name, place = _hidden(username), _hidden(address)
        throttles = (ACCOUNT_THROTTLE, ADDRESS_THROTTLE)
        keep = max(milliseconds(t.window + t.lock) for t in throttles)
        rules = [
            number
            for t in throttles
            for number in (t.failures, t.window // _MICROSECOND, t.lock // _MICROSECOND)
        ]
        # Named, so that a call that is made again counts once.
        attempt = f"{name}:{secrets.token_hex(8)}"
        try:
            locked = self._link.script(
                scripts.CLAIM_SIGN_IN,
                (f"{self._prefix}name:{name}", f"{self._prefix}from:{place}", f"{self._prefix}tried:{name}"),
                [microseconds(self._clock.now()), attempt, keep, *rules, place],
            )
        except StateAway:
            return None
        assert isinstance(locked, bytes)
        return moment_of(number_of(locked)) if locked else None

    def forgive(self, username: str) -> None:
        name = _hidden(username)
        try:
            self._link.script(
                scripts.FORGIVE_SIGN_IN,
                (f"{self._prefix}name:{name}", f"{self._prefix}tried:{name}"),
                (f"{self._prefix}from:", f"{name}:"),
            )
        except StateAway:
            return


def _hidden(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class RedisLeases:
    """See `Leases`. While Redis is away everybody holds everything, with a token of 0."""

    def __init__(self, link: Link, prefix: str, limits: StateLimits, clock: Clock) -> None:
        self._link = link
        self._prefix = prefix
        self._lasts = limits.lease
        self._clock = clock
        self._holder = secrets.token_hex(16)

    def hold(self, name: str) -> Lease | None:
        asked = self._clock.monotonic()
        try:
            token = self._link.script(
                scripts.HOLD_LEASE,
                (f"{self._prefix}lease:{name}", f"{self._prefix}lease-token:{name}"),
                (self._holder, milliseconds(self._lasts)),
            )
        except StateAway:
            return Lease(name=name, token=0, valid_until=math.inf)
        assert isinstance(token, bytes)
        if not token:
            return None
        return Lease(name=name, token=int(token), valid_until=asked + self._lasts.total_seconds())

    def release(self, name: str) -> None:
        try:
            self._link.script(scripts.RELEASE_LEASE, (f"{self._prefix}lease:{name}",), (self._holder,))
        except StateAway:
            return
