"""The watchlist on a node, and whether a passage is on it. Pure; needs neither the centre nor the link.

The node knows no plates: it asks for the tags of the plates that a read may be, see `proto.site_list`. A
million orders take some 10 bytes each here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from proto.background import Background
from proto.passage import LocalHit, Passage, PlateRead, Tier, WatchlistEntry
from proto.scope import contradicts, in_scope
from proto.site_list import Bucket, Manifest, SiteListError, bucket_of, tag_of
from proto.variants import is_sure, variants


@dataclass(frozen=True, slots=True, eq=False)
class PackedBucket:
    """A bucket as it is looked up in."""

    epoch: int
    tags: NDArray[np.uint64]  #: ascending
    scope_of: NDArray[np.uint16]
    scopes: tuple[WatchlistEntry, ...]

    @classmethod
    def of(cls, bucket: Bucket) -> PackedBucket:
        """Raises SiteListError: the tags are not in order."""
        tags = np.frombuffer(bucket.tags, ">u8").astype(np.uint64)
        if np.any(tags[1:] < tags[:-1]):
            raise SiteListError(f"expected bucket {bucket.number}'s tags in ascending order")
        return cls(bucket.epoch, tags, np.frombuffer(bucket.scope_of, "<u2").astype(np.uint16), bucket.scopes)

    def find(self, tag: bytes) -> Iterator[WatchlistEntry]:
        """Scopes of the orders whose plates have this tag."""
        wanted = np.uint64(int.from_bytes(tag, "big"))
        at = int(self.tags.searchsorted(wanted))
        while at < len(self.tags) and self.tags[at] == wanted:
            yield self.scopes[self.scope_of[at]]
            at += 1

    @property
    def nbytes(self) -> int:
        """Of what grows with the list."""
        return self.tags.nbytes + self.scope_of.nbytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SiteList:
    """One version of the list; a new one replaces it whole."""

    key: bytes
    manifest: Manifest
    buckets: Mapping[int, PackedBucket]

    @property
    def version(self) -> int:
        return self.manifest.version

    @property
    def nbytes(self) -> int:
        """Memory that the orders take."""
        return sum(bucket.nbytes for bucket in self.buckets.values())

    def match(self, passage: Passage, *, now: datetime) -> tuple[LocalHit, ...]:
        """What the site must be alarmed for, the surest plate first; one a plate.

        Args:
            passage: without a plate read, it matches nothing.
            now: when the alarm is raised.
        """
        read = passage.plate
        if read is None:
            return ()
        hits = []
        for plate, score, tier in self._candidates(read):
            tag = tag_of(self.key, plate)
            if any(
                not (tier is Tier.SUSPECTED and order.exact_only)
                and in_scope(passage, order)
                and not contradicts(read, order, tier)
                for order in self._orders(tag, plate)
            ):
                hits.append(
                    LocalHit(
                        tag=tag.hex(),
                        epoch=self.manifest.epoch,
                        tier=tier,
                        score=score,
                        list_version=self.version,
                        alarmed_at=now,
                    )
                )
        return tuple(hits)

    def _candidates(self, read: PlateRead) -> Iterator[tuple[str, float, Tier]]:
        yield read.text, 1.0, Tier.EXACT
        if is_sure(read) or self.manifest.threshold > 1:
            return
        for plate, probability in variants(read, self.background):
            if probability < self.manifest.threshold:
                return
            if plate != read.text:
                yield plate, probability, Tier.SUSPECTED

    @property
    def background(self) -> Background:
        """How common plates are in this network."""
        return self.manifest.background

    def _orders(self, tag: bytes, plate: str) -> Iterator[WatchlistEntry]:
        bucket = self.buckets.get(bucket_of(tag, self.manifest.buckets))
        if bucket is not None:
            for scope in bucket.find(tag):
                yield replace(scope, plate=plate)
