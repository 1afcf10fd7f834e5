"""Asking the neighbours: all at once, none longer than its time."""

from __future__ import annotations

import enum
import json
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import ValidationError

from central.federation.envelope import sealed
from central.federation.message import IMAGES_PATH, TRACKS_PATH, PeerImageWanted, PeerTrack, PeerTrackSearch
from central.federation.peer import Home, Peer
from proto.clock import Clock

#: Of an answer, no more is taken.
_MAX_BYTES = 4 * 1024 * 1024
_MAX_DETAIL = 300


class PeerState(enum.StrEnum):
    """What became of a question to a neighbour."""

    ANSWERED = "answered"
    REFUSED = "refused"  #: by its own rights
    SLOW = "slow"  #: no answer within the time
    AWAY = "away"  #: not reached
    UNCLEAR = "unclear"  #: an answer that makes no sense


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAnswer:
    """Of one neighbour."""

    peer: str
    state: PeerState
    detail: str = ""  #: what it said where it refused, or what went wrong
    track: PeerTrack | None = None


class NoAnswer(Exception):
    """A neighbour gave none that is of use."""

    def __init__(self, state: PeerState, detail: str) -> None:
        super().__init__(detail)
        self.state = state


class Neighbours:
    """The centres that can be asked. Safe to call from several threads.

    A neighbour is given `timeout_s` from the question to the last byte. One that dribbles or never answers
    holds up nobody longer than that: its thread ends by itself.
    """

    def __init__(self, home: Home, peers: Sequence[Peer], clock: Clock, *, timeout_s: float) -> None:
        """Raises:
        OSError: a peer's authority can't be read.
        """
        self._home = home
        self._clock = clock
        self._timeout_s = timeout_s
        self._peers = {peer.name: peer for peer in peers if peer.url}
        self._tls = {
            name: ssl.create_default_context(cafile=None if peer.ca is None else str(peer.ca))
            for name, peer in self._peers.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._peers)

    def track(self, search: PeerTrackSearch, names: Sequence[str]) -> Asking:
        """Ask at once; the answers are waited for by `Asking.answers`, and meanwhile one can work.

        Raises:
            KeyError: a name of none that can be asked.
        """
        return Asking([self._peers[name] for name in names], self._asked_track, search, self._timeout_s)

    def image(self, name: str, wanted: PeerImageWanted) -> bytes:
        """Raises:
        KeyError: a name of none that can be asked.
        NoAnswer: it gave none.
        """
        return self._post(self._peers[name], IMAGES_PATH, wanted.model_dump(mode="json"))

    def _asked_track(self, peer: Peer, search: PeerTrackSearch) -> PeerAnswer:
        try:
            raw = self._post(peer, TRACKS_PATH, search.model_dump(mode="json"))
            track = PeerTrack.model_validate_json(raw)
        except NoAnswer as error:
            return PeerAnswer(peer=peer.name, state=error.state, detail=str(error))
        except ValidationError as error:
            detail = f"expected a track, got something with {error.error_count()} mistakes"
            return PeerAnswer(peer=peer.name, state=PeerState.UNCLEAR, detail=detail)
        strays = [p for p in track.passages if p.plate != search.plate]
        if strays:
            detail = f"expected passages of the plate asked for, got {len(strays)} of others"
            return PeerAnswer(peer=peer.name, state=PeerState.UNCLEAR, detail=detail)
        return PeerAnswer(peer=peer.name, state=PeerState.ANSWERED, track=track)

    def _post(self, peer: Peer, path: str, message: Mapping[str, Any]) -> bytes:
        body = json.dumps(message, ensure_ascii=False).encode()
        headers = sealed(self._home, to=peer.name, path=path, body=body, now=self._clock.now())
        headers["Content-Type"] = "application/json"
        deadline = time.monotonic() + self._timeout_s
        try:
            with (
                httpx.Client(verify=self._tls[peer.name], trust_env=False, timeout=self._timeout_s) as client,
                client.stream("POST", peer.url + path, content=body, headers=headers) as answer,
            ):
                taken = bytearray()
                for chunk in answer.iter_bytes():
                    taken += chunk
                    if len(taken) > _MAX_BYTES:
                        raise NoAnswer(PeerState.UNCLEAR, f"expected at most {_MAX_BYTES} bytes, got more")
                    if time.monotonic() > deadline:
                        raise NoAnswer(PeerState.SLOW, _late(self._timeout_s))
                if answer.status_code == httpx.codes.OK:
                    return bytes(taken)
                refused = answer.status_code < 500
                state = PeerState.REFUSED if refused else PeerState.AWAY
                raise NoAnswer(state, _detail(answer.status_code, bytes(taken)))
        except httpx.TimeoutException:
            raise NoAnswer(PeerState.SLOW, _late(self._timeout_s)) from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise NoAnswer(PeerState.AWAY, f"expected an answer, got {type(error).__name__}") from error


class Asking:
    """Questions under way, a thread each: they are few, and a person waits."""

    def __init__(self, peers: Sequence[Peer], ask: Any, search: PeerTrackSearch, timeout_s: float) -> None:
        self._peers = peers
        self._until = time.monotonic() + timeout_s
        self._timeout_s = timeout_s
        self._found: dict[str, PeerAnswer] = {}
        self._threads = [
            threading.Thread(target=self._run, args=(ask, peer, search), name=f"ask-{peer.name}", daemon=True)
            for peer in peers
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, ask: Any, peer: Peer, search: PeerTrackSearch) -> None:
        self._found[peer.name] = ask(peer, search)

    def answers(self) -> tuple[PeerAnswer, ...]:
        """One a peer, in their order, once all are there or their time is over."""
        for thread in self._threads:
            thread.join(max(0.0, self._until - time.monotonic()))
        return tuple(
            self._found.get(peer.name)
            or PeerAnswer(peer=peer.name, state=PeerState.SLOW, detail=_late(self._timeout_s))
            for peer in self._peers
        )


def _late(seconds: float) -> str:
    return f"expected an answer within {seconds:g} s, got none"


def _detail(status: int, body: bytes) -> str:
    """What a problem says of itself, shortened: it is another centre's text."""
    try:
        said = json.loads(body)
        text = str(said["detail"]) if isinstance(said, dict) and "detail" in said else ""
    except ValueError:
        text = ""
    return f"{status}: {text[:_MAX_DETAIL]}" if text else str(status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """This centre among its neighbours."""

    home: Home
    peers: Sequence[Peer]  #: who may ask, and who can be asked
    neighbours: Neighbours
