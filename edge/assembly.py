"""From the topic's records to a list that may be used: buckets are held back until a manifest vouches for
them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge.list_seen import NewestSeen
from edge.local_match import PackedBucket, SiteList
from proto.signature import is_signed
from proto.site_list import (
    MANIFEST_KEY,
    Manifest,
    SiteKey,
    SiteListError,
    bucket_key,
    decode_bucket,
    decode_manifest,
    digest_of,
    root_of,
    unseal,
)


class Refused(Exception):
    """A manifest that can't be trusted; the list in use stays. Says why."""


class Older(Refused):
    """It is older than one that was in use here before, perhaps before the node was started."""


class KeyNeeded(Exception):
    """The manifest is of an epoch whose key is not here."""

    def __init__(self, epoch: int) -> None:
        super().__init__(f"the list is of epoch {epoch}")
        self.epoch = epoch


@dataclass(frozen=True, slots=True)
class _Held:
    digest: bytes
    bucket: PackedBucket


class Assembly:
    """Feed it every record of the topic, in order. Not for several threads at once."""

    def __init__(self, newest: NewestSeen | None = None) -> None:
        """`newest`: what was in use before, kept where a restart finds it; None: only while this runs."""
        self._held: dict[int, _Held] = {}
        self._newest = newest or NewestSeen()
        self.using: SiteList | None = None

    def add(self, key: bytes, value: bytes, key_of: Callable[[int], SiteKey | None]) -> SiteList | None:
        """The list that this record completes, if it does.

        Args:
            key: of the record.
            value: of the record.
            key_of: the key of an epoch; None where it is not here.

        Raises:
            Refused: not signed by the centre, or not what the buckets are.
            Older: than what is in use, or was before a restart.
            KeyNeeded: give the same record again once the key is here.
            SiteListError: a bucket that can't be read; the manifest that counts on it will be refused.
        """
        if key != MANIFEST_KEY:
            bucket = decode_bucket(value)
            if key != bucket_key(bucket.number):
                raise SiteListError(f"expected bucket {bucket.number} under its own key, got {key!r}")
            self._held[bucket.number] = _Held(digest_of(value), PackedBucket.of(bucket))
            return None
        signed, signature = unseal(value)
        manifest = decode_manifest(signed)
        site_key = key_of(manifest.epoch)
        if site_key is None:
            raise KeyNeeded(manifest.epoch)
        if not is_signed(site_key.verify_key, signed, signature):
            raise Refused(f"the manifest of version {manifest.version} is not signed by the centre")
        newest = self._newest.age
        if newest is not None and _age(manifest) < newest:
            epoch, version = newest
            raise Older(
                f"expected version {version} of epoch {epoch} or a newer one, got {manifest.version} of "
                f"{manifest.epoch}"
            )
        if root_of({n: held.digest for n, held in self._held.items()}, manifest.buckets) != manifest.root:
            raise Refused(f"the buckets are not those of version {manifest.version}")
        for number in [n for n in self._held if n >= manifest.buckets]:
            del self._held[number]
        self._newest.saw(_age(manifest))
        self.using = SiteList(
            key=site_key.key,
            manifest=manifest,
            buckets={number: held.bucket for number, held in self._held.items()},
        )
        return self.using


def _age(manifest: Manifest) -> tuple[int, int]:
    return manifest.epoch, manifest.version
