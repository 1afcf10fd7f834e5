"""Light and weather of a scene, and what they do to a picture."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Light(enum.StrEnum):
    """Where the light comes from."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"  #: street lamps, head lamps and the checkpoint's own lamp
    INFRARED = "infrared"  #: night, lit and seen in infrared: no colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Everything that stands between a vehicle and its pixels."""

    light: Light = Light.DAY
    rain: bool = False
    exposure_ms: float | None = None  #: shutter time; None: what the light asks for
    defocus: float = 0.0  #: blur radius (sigma) in pixels
    noise: float | None = None  #: standard deviation in grey levels; None: what the light asks for
    jpeg_quality: int | None = None  #: 1 to 100: artefacts of a compressed stream; None: none

    @property
    def shutter(self) -> float:
        """Shutter time in seconds."""
        usual = {Light.DAY: 1.0, Light.DUSK: 2.5, Light.NIGHT: 2.0, Light.INFRARED: 1.0}
        return (self.exposure_ms or usual[self.light]) / 1000

    @property
    def grain(self) -> float:
        """Noise, standard deviation in grey levels."""
        usual = {Light.DAY: 2.5, Light.DUSK: 5.0, Light.NIGHT: 7.0, Light.INFRARED: 5.0}
        return usual[self.light] if self.noise is None else self.noise

    @property
    def ambient(self) -> float:
        """Share of daylight on everything that no lamp of ours lights."""
        share = {Light.DAY: 1.0, Light.DUSK: 0.55, Light.NIGHT: 0.27, Light.INFRARED: 0.2}[self.light]
        return share * (0.82 if self.rain else 1.0)

    @property
    def on_plate(self) -> float:
        """Share of daylight on a plate: it throws the lamp's light back to the camera."""
        share = {Light.DAY: 1.0, Light.DUSK: 0.78, Light.NIGHT: 0.72, Light.INFRARED: 0.9}[self.light]
        return share * (0.92 if self.rain else 1.0)

    @property
    def lamps(self) -> float:
        """How brightly head lamps stand out, 0 to 1."""
        return {Light.DAY: 0.0, Light.DUSK: 0.45, Light.NIGHT: 1.0, Light.INFRARED: 0.7}[self.light]


DAY = Conditions()
NIGHT = Conditions(light=Light.NIGHT)
