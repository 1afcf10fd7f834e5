"""The plate reader: recognisers, whatever engine runs them, read under the plate grammar."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from edge.frame import Corners, Image, PlateDetection, PlateReading
from edge.read.colour import Colours, estimate, log_prior, reported
from edge.read.ctc import Floats
from edge.read.decode import Decoded, Unconstrained, decode, unconstrained, view_of
from edge.read.profile import READERS, Engine, Look, Profile
from edge.read.recogniser import Recogniser
from edge.read.rows import MAY_HAVE_TWO_ROWS, joined_rows, single_row
from edge.read.sharpness import sharpness
from edge.rectify import aspect
from proto.passage import ModelVersion
from proto.plate import PlateClass, classify, normalise

#: A single row read better than this is one row: two are not tried. Log-likelihood a view.
_SURELY_ONE_ROW = -2.0
#: Below this no text of the grammar is there, or too little of one: nothing legible.
_ILLEGIBLE = -13.0
#: A text outside the grammar is taken where it is likelier by so much (a single missing character costs 11),
#: likely in itself, and long enough to be a plate.
_OUTSIDE_BETTER_BY, _OUTSIDE_LIKELY, _OUTSIDE_SHORTEST = 16.0, -2.5, 4


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What was seen of a plate that is supposed to have so many rows."""

    rows: int
    views: list[Floats] = field(default_factory=list)


class GrammarReader:
    """Reads plates under the plate grammar; implements `edge.ports.Reader`.

    A plate is warped upright and read by the recognisers, look after look as the profile says, until the
    text is decisive. A plate that is narrow enough for two rows, and not well read as one, is also read row
    by row; the better of both counts. The ground's colour weighs the classes.

    On one thread of an EPYC a look takes about 20 ms in the fast profile and 25 ms in the accurate one, and
    one look is enough for most plates.
    """

    def __init__(self, engines: Mapping[Engine, Recogniser], *, profile: Profile) -> None:
        """
        Args:
            engines: a recogniser for each engine that the profile's looks name.
            profile: how much effort is made.
        """
        self._engines = engines
        self._profile = profile

    @property
    def models(self) -> tuple[ModelVersion, ...]:
        return tuple(self._engines[engine].model for engine in self._profile.engines)

    def read(self, image: Image, plates: Sequence[PlateDetection]) -> tuple[PlateReading | None, ...]:
        """One answer a plate, in order; None where nothing legible is there."""
        return tuple(self._read(image, plate.corners) for plate in plates)

    def _read(self, image: Image, corners: Corners) -> PlateReading | None:
        upright = single_row(image, corners, height=48, width=160, margin=(1.0, 1.0))
        colours = estimate(upright)
        prior = partial(log_prior, colours=colours)
        one, two = _Evidence(1), _Evidence(2)
        best, decoded = self._look_until_decisive(image, corners, prior, one, two)
        outside = unconstrained(best.views)
        if _is_outside(decoded, outside):
            return _as_read(outside, best.rows, colours, upright)
        if decoded.score < _ILLEGIBLE:
            return None
        colour = reported(colours, decoded.text)
        return PlateReading(
            text=decoded.text,
            plate_class=classify(decoded.text, colour, best.rows),
            colour=colour,
            rows=best.rows,
            confidence=decoded.confidence,
            lattice=decoded.lattice,
            sharpness=sharpness(upright),
        )

    def _look_until_decisive(
        self, image: Image, corners: Corners, prior: Callable[[str], float], one: _Evidence, two: _Evidence
    ) -> tuple[_Evidence, Decoded]:
        narrow = aspect(corners) < MAY_HAVE_TWO_ROWS
        for look in self._profile.looks:
            height = READERS[look.engine].height
            row = single_row(image, corners, height=height, width=look.plate, margin=look.margin)
            one.views.append(self._view(look, row))
            best, decoded = one, decode(one.views, prior)
            if two.views or (narrow and decoded.score < _SURELY_ONE_ROW):
                rows = joined_rows(image, corners, height=height, margin=look.margin)
                two.views.append(self._view(look, rows))
                decoded_two = decode(two.views, prior)
                if decoded_two.score > decoded.score:
                    best, decoded = two, decoded_two
            if decoded.confidence >= self._profile.decisive:
                break
        return best, decoded

    def _view(self, look: Look, picture: Image) -> Floats:
        return view_of(self._engines[look.engine].posteriors([picture], width=look.width)[0])


def _is_outside(inside: Decoded, outside: Unconstrained) -> bool:
    return (
        len(outside.text) >= _OUTSIDE_SHORTEST
        and outside.score > _OUTSIDE_LIKELY
        and outside.score > inside.score + _OUTSIDE_BETTER_BY
    )


def _as_read(outside: Unconstrained, rows: int, colours: Colours, upright: Image) -> PlateReading:
    # There is no grammar to weigh alternatives by: each character has an equal share of the text's likelihood.
    text = normalise(outside.text)
    whole = float(np.exp(outside.score))
    each = whole ** (1 / len(text))
    return PlateReading(
        text=text,
        plate_class=PlateClass.UNKNOWN,
        colour=reported(colours, text),
        rows=rows,
        confidence=whole,
        lattice=tuple(((character, each),) for character in text),
        sharpness=sharpness(upright),
    )
