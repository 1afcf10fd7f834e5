"""A tracklet made into a passage with its pictures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from edge.evidence import Darkroom, scaled, vehicle_box
from edge.lane import Layout
from edge.quality import Gate
from edge.speed import speed_kmh
from edge.tracklet import Tracklet
from edge.trajectory import approaching
from proto.identity import uuid7
from proto.passage import Box, ModelVersion, Passage


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose passages these are."""

    node_id: str
    checkpoint_id: str
    camera_id: str
    models: tuple[ModelVersion, ...] = ()
    measure_metres: float = 0.0  #: between the layout's two lines; 0: speed is not measured
    #: What the camera shows, where it can be played again (a file): identifiers follow from it, the tracklet
    #: and the time instead of chance, so the same file gives the same passages again. Empty: they are random.
    recording: str = ""
    #: Every frame is a scene of its own (photos): identifiers follow from the picture and the plate's place in
    #: it, so that a photo added to a folder changes no other photo's.
    stills: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A passage, and its pictures by their SHA-256."""

    passage: Passage
    images: Mapping[str, bytes]


def passage_of(
    tracklet: Tracklet, identity: Identity, layout: Layout, gate: Gate, darkroom: Darkroom
) -> Report:
    """The passage of a vehicle. It has no plate read where the gate finds the vote wanting, but says why."""
    flaw = gate.verdict(tracklet.vote, dict(tracklet.flaws))
    shot = tracklet.shot()
    assert shot is not None, "a tracklet begins with a shot and loses its shots only once reported"
    shot = darkroom.develop(shot)
    assert shot.pictures is not None
    pictures = list(shot.pictures.named())
    trigger, measure = tracklet.trigger, tracklet.measure
    captured_at = trigger.captured_at if trigger else shot.captured_at
    lane = layout.lane_at(trigger.at if trigger else tracklet.place)
    towards = trigger.towards if trigger else approaching(tracklet.path)
    speed = None
    if identity.measure_metres and trigger and measure:
        speed = speed_kmh(trigger.seconds, measure.seconds, identity.measure_metres)
    scale = darkroom.scale(shot)
    return Report(
        passage=Passage(
            passage_id=uuid7(
                captured_at, seed=_seed(identity, tracklet, shot.plate.box, pictures[0][0].sha256)
            ),
            node_id=identity.node_id,
            checkpoint_id=identity.checkpoint_id,
            camera_id=identity.camera_id,
            lane=lane.number if lane else 0,
            direction=layout.direction(lane, towards),
            captured_at=captured_at,
            clock=tracklet.clock,
            plate=None if flaw else tracklet.vote.read,
            unread_reason=flaw.value if flaw else "",
            vehicle_box=scaled(vehicle_box(shot.plate, shot.size), scale),
            plate_box=scaled(shot.plate.box, scale),
            speed_kmh=speed,
            evidence=tuple(evidence for evidence, _ in pictures),
            models=identity.models,
        ),
        images={evidence.sha256: data for evidence, data in pictures},
    )


def _seed(identity: Identity, tracklet: Tracklet, plate: Box, picture: str) -> str | None:
    """What a repeatable identifier follows from."""
    whose = f"{identity.node_id}/{identity.camera_id}"
    if identity.stills:
        return f"{whose}/{picture}/{plate.x1:.0f},{plate.y1:.0f}"
    return f"{whose}/{identity.recording}/{tracklet.number}" if identity.recording else None
