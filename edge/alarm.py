"""The site's own alarm: what happens at the roadside when a listed vehicle passes, link or no link."""

from __future__ import annotations

import os
import queue
import subprocess
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import httpx
import structlog

from proto.passage import LocalHit, Passage

_log = structlog.get_logger("alarm")
#: Alarms that may wait for a slow device; the next one is told in the log only.
_MOST_WAITING = 100
_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAlarm:
    """Why the alarm is raised."""

    passage: Passage
    hit: LocalHit

    def fields(self) -> dict[str, str]:
        """For a device or a sign; the plate is the one that was read here."""
        plate = self.passage.plate
        return {
            "passage_id": str(self.passage.passage_id),
            "checkpoint_id": self.passage.checkpoint_id,
            "camera_id": self.passage.camera_id,
            "lane": str(self.passage.lane),
            "direction": self.passage.direction,
            "plate": plate.text if plate else "",
            "tier": self.hit.tier,
            "score": f"{self.hit.score:.3f}",
            "list_version": str(self.hit.list_version),
            "alarmed_at": self.hit.alarmed_at.isoformat(),
        }


class AlarmDevice(Protocol):
    """Something that a person at the site sees or hears: a relay's contact, a lamp, a sign, a sounder."""

    def sound(self, alarm: SiteAlarm) -> None:
        """Blocks until the device took it.

        Raises:
            AlarmFailed: it did not; says why.
        """
        ...


class AlarmFailed(Exception):
    """A device did not take an alarm."""


class CommandDevice:
    """Runs a command, e.g. one that closes a relay's contact; it gets `BUKONG_ALARM_…` in its environment."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)

    def sound(self, alarm: SiteAlarm) -> None:
        told = {f"BUKONG_ALARM_{name.upper()}": value for name, value in alarm.fields().items()}
        try:
            subprocess.run(
                self._command, env={**os.environ, **told}, check=True, timeout=_TIMEOUT_S, capture_output=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise AlarmFailed(f"{self._command[0]}: {error}") from error


class HttpDevice:
    """Posts JSON to a device on the site's own network: an IP relay, a sign, a speaker."""

    def __init__(self, url: str) -> None:
        self._url = url

    def sound(self, alarm: SiteAlarm) -> None:
        try:
            answer = httpx.post(
                self._url, json=alarm.fields(), timeout=_TIMEOUT_S, verify=self._url.startswith("https:")
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise AlarmFailed(f"{self._url}: {type(error).__name__}: {error}") from error


class Alarms:
    """Sounds alarms on every device, on a thread of its own: no camera waits for a siren.

    At most once a passage: a passage that is stored again is not alarmed again, within the last thousands.
    What is raised is always in the log, without the plate.
    """

    def __init__(self, devices: Sequence[AlarmDevice]) -> None:
        self._devices = tuple(devices)
        self._waiting: queue.Queue[SiteAlarm | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._work, name="alarm", daemon=True)
        self._thread.start()

    def raise_alarm(self, alarm: SiteAlarm) -> None:
        """Returns at once."""
        _log.warning(
            "site alarm",
            passage=str(alarm.passage.passage_id),
            camera=alarm.passage.camera_id,
            lane=alarm.passage.lane,
            tier=alarm.hit.tier,
            score=round(alarm.hit.score, 3),
            list_version=alarm.hit.list_version,
        )
        try:
            self._waiting.put_nowait(alarm)
        except queue.Full:
            _log.error("the alarm's devices are too slow; this one is only told here")

    def close(self) -> None:
        """Waits for what was raised, within a device's patience; idempotent."""
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join(_TIMEOUT_S * (len(self._devices) + 1))

    def _work(self) -> None:
        while (alarm := self._waiting.get()) is not None:
            for device in self._devices:
                try:
                    device.sound(alarm)
                except AlarmFailed as error:
                    _log.error("an alarm's device did not take it", why=str(error))
