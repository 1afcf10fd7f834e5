"""This centre and its neighbours."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from central.config.section import Days, OptionalPath, Section
from central.federation.peer import Field as PeerField
from central.federation.peer import Peer


class FederationSettings(Section):
    """This centre among its neighbours, see [[peers]]; `bukong central federation-key` prints its key."""

    name: str = Field(default="", max_length=32, description="What the neighbours call this centre.")
    timeout_s: float = Field(
        default=3.0,
        gt=0,
        le=30,
        description="Seconds that a neighbour is waited for; then one goes on without.",
    )


class PeerSettings(Section):
    """A neighbouring centre that may ask and be asked; the section repeats."""

    name: str = Field(
        min_length=1,
        max_length=32,
        pattern=r"^[^/:\s]+$",
        examples=["yibin"],
        description="As it calls itself.",
    )
    url: str = Field(
        default="",
        pattern=r"^(https://[^/]+|http://(127\.0\.0\.1|localhost)(:\d+)?)?$",
        examples=["https://yibin.example"],
        description="Where it is asked, without a path; empty: it only asks.",
    )
    key: str = Field(
        pattern=r"^[0-9a-f]{64}$",
        examples=["bbdbe7edefc40baa750099fced172316d4e029d24c352f09a8944bbfbb1d2c12"],
        description="Its public key, handed over by a way of its own.",
    )
    ca: OptionalPath = Field(
        default=None,
        examples=[""],
        description="The only authority it may be certified by; empty: the system's.",
    )
    areas: tuple[str, ...] = Field(
        default=(), examples=[["ziliujing"]], description='Of ours that it may see; "*": all. None: nothing.'
    )
    fields: tuple[PeerField, ...] = Field(
        default=(PeerField.DIRECTION, PeerField.COLOUR),
        description=f"Told beside plate, place and time, of {', '.join(PeerField)}.",
    )
    back_days: Days = Field(default=30, description="How far back it is answered.")
    purposes: tuple[str, ...] = Field(
        default=(), description="A reason must name one of these words; none: any reason will do."
    )
    per_minute: int = Field(default=30, ge=1, le=10_000, description="Questions that it may ask.")

    def peer(self) -> Peer:
        return Peer(
            name=self.name,
            url=self.url,
            verify_key=bytes.fromhex(self.key),
            ca=self.ca,
            areas=frozenset(self.areas),
            fields=frozenset(self.fields),
            back=timedelta(days=self.back_days),
            purposes=self.purposes,
            per_minute=self.per_minute,
        )
