"""The vehicles of the invented city: plates of every class in plausible shares, bodies that go with them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from edge.scene import Paint, PlateFace, VehicleKind
from proto.plate import (
    ALNUM,
    DIGITS,
    LETTERS,
    NEW_ENERGY_MARKS,
    PROVINCES,
    PlateClass,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resident:
    """A vehicle that belongs here or comes by. A plate it does not carry at an end is None."""

    key: int  #: its number in the city
    kind: VehicleKind
    paint: Paint
    front: PlateFace | None
    rear: PlateFace | None

    def face(self, *, approaching: bool) -> PlateFace | None:
        """The plate a camera sees of it: the front one as it comes, else the rear one."""
        return self.front if approaching else self.rear


_C, _K = PlateClass, VehicleKind

#: Share of each class in the traffic, in thousandths. Rare ones are a little more common than in life: an
#: hour of demonstration should show them.
_SHARES: dict[PlateClass, int] = {
    _C.SMALL_CAR: 640,
    _C.SMALL_NEW_ENERGY: 190,
    _C.LARGE_VEHICLE: 70,
    _C.LARGE_NEW_ENERGY: 20,
    _C.TRAINING: 15,
    _C.POLICE: 12,
    _C.TRAILER: 12,
    _C.MOTORCYCLE: 10,
    _C.HONG_KONG: 6,
    _C.MACAO: 4,
    _C.EMBASSY: 3,
    _C.CONSULATE: 4,
    _C.ARMED_POLICE: 4,
    _C.ARMY: 4,
    _C.EMERGENCY: 4,
    _C.MOPED: 2,
}

_PAINTS = (
    [Paint.WHITE] * 9
    + [Paint.BLACK] * 5
    + [Paint.SILVER] * 4
    + [Paint.GREY] * 4
    + [Paint.RED] * 2
    + [Paint.BLUE] * 2
    + [Paint.BROWN, Paint.YELLOW, Paint.GREEN]
)

_KINDS: dict[PlateClass, tuple[VehicleKind, ...]] = {
    _C.SMALL_CAR: (_K.SEDAN, _K.SEDAN, _K.SUV, _K.SUV, _K.VAN),
    _C.LARGE_VEHICLE: (_K.TRUCK, _K.BUS),
    _C.LARGE_NEW_ENERGY: (_K.BUS,),
    _C.TRAILER: (_K.TRUCK,),
    _C.MOTORCYCLE: (_K.MOTORCYCLE,),
    _C.MOPED: (_K.MOTORCYCLE,),
    _C.EMERGENCY: (_K.TRUCK, _K.VAN),
    _C.ARMY: (_K.SUV, _K.TRUCK),
}
_USUAL_KINDS = (_K.SEDAN, _K.SUV)


def _some(rng: random.Random, alphabet: str, count: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(count))


def _home(rng: random.Random) -> str:
    """Where a plate was issued: mostly 川C, some of the rest of the province, some from afar."""
    where = rng.random()
    if where < 0.75:
        return "川C"
    if where < 0.88:
        return "川" + rng.choice("ABDEFHJKLMQRSTUVWXYZ")
    return rng.choice(PROVINCES) + rng.choice("ABCDEFGHJK")


def _number(rng: random.Random) -> str:
    """Five characters with at most two letters, as issued."""
    letters = rng.choices((0, 1, 2), (3, 4, 3))[0]
    places = set(rng.sample(range(5), letters))
    return "".join(rng.choice(LETTERS if i in places else DIGITS) for i in range(5))


_TEXTS: dict[PlateClass, Callable[[random.Random], str]] = {
    _C.SMALL_NEW_ENERGY: lambda r: (
        _home(r) + r.choice(NEW_ENERGY_MARKS) + r.choice(ALNUM) + _some(r, DIGITS, 4)
    ),
    _C.LARGE_NEW_ENERGY: lambda r: _home(r) + _some(r, DIGITS, 5) + r.choice(NEW_ENERGY_MARKS),
    _C.TRAILER: lambda r: _home(r) + _some(r, DIGITS, 4) + "挂",
    _C.TRAINING: lambda r: "川C" + _some(r, DIGITS, 4) + "学",
    _C.POLICE: lambda r: "川C" + _some(r, DIGITS, 4) + "警",
    _C.HONG_KONG: lambda r: "粤Z" + r.choice(LETTERS) + _some(r, DIGITS, 3) + "港",
    _C.MACAO: lambda r: "粤Z" + r.choice(LETTERS) + _some(r, DIGITS, 3) + "澳",
    _C.EMBASSY: lambda r: _some(r, DIGITS, 6) + "使",
    _C.CONSULATE: lambda r: "川A" + _some(r, DIGITS, 4) + "领",
    _C.ARMED_POLICE: lambda r: "WJ川" + _some(r, DIGITS, 4) + r.choice(DIGITS + "XBTSHJD"),
    _C.ARMY: lambda r: r.choice("VKHBSLJNG") + r.choice("ABCDEFGH") + _some(r, DIGITS, 5),
    _C.EMERGENCY: lambda r: "川CX" + _some(r, DIGITS, 3) + "应急",
}


def _text(rng: random.Random, plate_class: PlateClass) -> str:
    make = _TEXTS.get(plate_class)
    return make(rng) if make else _home(rng) + _number(rng)


def _plates(
    rng: random.Random, plate_class: PlateClass, text: str
) -> tuple[PlateFace | None, PlateFace | None]:
    """The front and the rear plate."""
    face = PlateFace(text=text, plate_class=plate_class)
    if plate_class in (_C.MOTORCYCLE, _C.MOPED):
        return None, face
    if plate_class is _C.TRAILER:
        # The lorry in front has its own number.
        return PlateFace(text=_home(rng) + _number(rng), plate_class=_C.LARGE_VEHICLE), face
    if plate_class is _C.LARGE_VEHICLE:
        return face, PlateFace(text=text, plate_class=plate_class, rows=2)
    return face, face


def residents(seed: int, count: int) -> tuple[Resident, ...]:
    """So many vehicles; no two share a plate."""
    rng = random.Random(f"residents {seed}")
    taken: set[str] = set()
    found: list[Resident] = []
    classes, weights = list(_SHARES), list(_SHARES.values())
    while len(found) < count:
        plate_class = rng.choices(classes, weights)[0]
        front, rear = _plates(rng, plate_class, _text(rng, plate_class))
        texts = {face.text for face in (front, rear) if face is not None}
        if texts & taken:
            continue
        taken |= texts
        kind = rng.choice(_KINDS.get(plate_class, _USUAL_KINDS))
        paint = Paint.WHITE if plate_class in (_C.POLICE, _C.ARMED_POLICE) else rng.choice(_PAINTS)
        if paint is Paint.YELLOW and kind in (VehicleKind.BUS, VehicleKind.TRUCK):
            paint = Paint.WHITE  # yellow plates on yellow buses are rare, and a cruelty to readers
        found.append(Resident(key=len(found), kind=kind, paint=paint, front=front, rear=rear))
    return tuple(found)
