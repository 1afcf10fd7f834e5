"""How much effort a reader makes: which looks at a plate, in which order, and when it has seen enough."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Engine(enum.StrEnum):
    """The recognisers a look may use."""

    GENERAL = "general"  #: PP-OCRv4: general Chinese text; best on scenes
    PLATES = "plates"  #: clp_v2_c_rec: plates only; best on tight, small crops
    OURS = "ours"  #: bukong_rec, or another of `bukong models train`: the plate fills the input


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderWeights:
    """What a recogniser runs on."""

    asset: str  #: of the registry
    characters: str | None  #: asset with the character list; None: the weights carry it
    height: int  #: of the input, in pixels


READERS = {
    Engine.GENERAL: ReaderWeights(asset="ppocr_v4_rec", characters=None, height=48),
    Engine.PLATES: ReaderWeights(asset="clp_v2_c_rec", characters="clp_dict", height=32),
    Engine.OURS: ReaderWeights(asset="bukong_rec", characters=None, height=48),
}
#: Those of others.
BORROWED = (Engine.GENERAL, Engine.PLATES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One warp of the plate, read by one recogniser."""

    engine: Engine
    plate: int  #: width in pixels that the plate is warped to
    width: int  #: of the input; the rest, on the right, stays grey
    margin: tuple[float, float] = (1.04, 1.10)  #: plate widths and heights shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Looks in their order; reading stops after the first at which the text is decisive."""

    looks: tuple[Look, ...]
    decisive: float = 0.99  #: confidence that ends the reading

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Those that its looks name, in the order in which they are asked."""
        return tuple(dict.fromkeys(look.engine for look in self.looks))


_GENERAL, _PLATES = Engine.GENERAL, Engine.PLATES

#: Of the borrowed readers. For video, where the vote over a tracklet does the rest.
FAST = Profile(
    looks=(
        Look(engine=_GENERAL, plate=160, width=208),
        Look(engine=_PLATES, plate=112, width=256),
    ),
    decisive=0.97,
)
#: For photos and evidence: one picture is all there is. A fourth and a fifth look, and wider warps, were
#: tried and changed nothing but the time.
ACCURATE = Profile(
    looks=(
        Look(engine=_GENERAL, plate=160, width=256),
        Look(engine=_PLATES, plate=112, width=320),
        Look(engine=_GENERAL, plate=160, width=256, margin=(1.0, 0.98)),
    ),
    decisive=0.99,
)
_EFFORTS = {"fast": FAST, "accurate": ACCURATE}

#: Of our own reader: most plates are read in one, the second is for doubt.
OWN_LOOK = Look(engine=Engine.OURS, plate=160, width=160)
_OWN_AGAIN = Look(engine=Engine.OURS, plate=160, width=160, margin=(1.0, 0.98))
OWN_ALONE = Profile(looks=(OWN_LOOK,))


def profile_of(effort: str, readers: str) -> Profile:
    """Which looks are made.

    Args:
        effort: "fast" or "accurate", see `FAST` and `ACCURATE`.
        readers: "own": ours alone; "both": ours first, in doubt the borrowed one that knows plates and nothing
            else (the general one behind it costs twice as much and mended nothing); "borrowed": those alone.
    """
    borrowed = _EFFORTS[effort]
    own = (OWN_LOOK, _OWN_AGAIN)
    plates_only = next(look for look in borrowed.looks if look.engine is Engine.PLATES)
    looks = {
        "own": own,
        # A video's next frame is a second look of its own.
        "both": (OWN_LOOK, plates_only) if effort == "fast" else (*own, plates_only),
        "borrowed": borrowed.looks,
    }
    return Profile(looks=looks[readers], decisive=borrowed.decisive)
