"""The nodes' form of the watchlist: it says whether a plate is on the list to who has the plate and the key.
Pure.

An order is a *tag* – eight bytes of HMAC-SHA256 of the plate's text under the epoch's key – and a scope: when
and where it holds, without a plate, an order's number or a reason. Tags are spread over buckets by their first
bits, so that one changed order sends one bucket of some kilobytes to the nodes, whatever the list's length. A
manifest, signed by the centre, binds the buckets of one version together by their digests; the topic is
compacted, so a node that was away or is new reads the newest of each.

Patterns aren't here: what a plate may look like can't be hashed. The centre matches them.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from google.protobuf.message import DecodeError as ProtobufDecodeError

from proto import bukong_pb2 as pb
from proto import wire
from proto.background import Background
from proto.passage import WatchlistEntry
from proto.wire import WireError

TAG_BYTES = 8
KEY_BYTES = 32
MANIFEST_KEY = b"manifest"
#: Orders a bucket is meant to hold; and how many buckets there may be, powers of two.
_A_BUCKET, _FEWEST, _MOST = 1024, 16, 8192
_NEVER_CAME = bytes(32)


class SiteListError(ValueError):
    """Bytes of the site list that are not what they should be; says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteKey:
    """What a node must be told before it can make use of the list; it keeps it in memory only."""

    epoch: int
    key: bytes  #: of the tags, 32 bytes
    verify_key: bytes  #: Ed25519, of the manifests


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What one version of the list is."""

    epoch: int
    version: int
    buckets: int
    orders: int
    root: bytes  #: 32 bytes, see `root_of`
    issued_at: datetime
    threshold: float  #: least score of a suspected hit; above 1: none is
    background: Background


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """Tags with their scopes, ascending by tag."""

    number: int
    epoch: int
    tags: bytes  #: 8 bytes each, big-endian
    scope_of: bytes  #: 2 bytes each, little-endian
    scopes: tuple[WatchlistEntry, ...]  #: without order and plate


def tag_of(key: bytes, plate: str) -> bytes:
    """What stands for a plate, 8 bytes."""
    return hmac.digest(key, plate.encode(), "sha256")[:TAG_BYTES]


def bucket_of(tag: bytes, buckets: int) -> int:
    """Which of that many buckets (a power of two) a tag belongs to: its first bits."""
    return int.from_bytes(tag[:4], "big") * buckets >> 32


def buckets_for(orders: int, now: int = 0) -> int:
    """How many buckets suit a list; as many as there are `now` while that is not far off."""
    if now and now // 4 <= orders // _A_BUCKET <= 2 * now and (now > _FEWEST or orders <= 4 * now * _A_BUCKET):
        return now
    wanted = _FEWEST
    while wanted < _MOST and wanted * _A_BUCKET < orders:
        wanted *= 2
    return wanted


def bucket_key(number: int) -> bytes:
    """Of the bucket's record on the topic."""
    return b"bucket/%d" % number


def root_of(digests: Mapping[int, bytes], buckets: int) -> bytes:
    """Over the buckets' SHA-256 in order of their numbers."""
    whole = hashlib.sha256()
    for number in range(buckets):
        whole.update(digests.get(number, _NEVER_CAME))
    return whole.digest()


def encode_scope(entry: WatchlistEntry) -> bytes:
    """When and where an order holds; nothing of its plate or number."""
    scope = pb.SiteScope(
        plate_class=None if entry.plate_class is None else wire.PLATE_CLASS.to_wire[entry.plate_class],
        colour=None if entry.colour is None else wire.COLOUR.to_wire[entry.colour],
        checkpoints=sorted(entry.checkpoints),
        directions=sorted(entry.directions),
        priority=entry.priority,
        valid_from_us=wire.from_optional_time(entry.valid_from),
        valid_until_us=wire.from_optional_time(entry.valid_until),
        windows=wire.from_windows(entry.schedule),
        zone=entry.schedule.zone if entry.schedule else "",
        exact_only=entry.exact_only,
    )
    return scope.SerializeToString(deterministic=True)


def encode_bucket(number: int, epoch: int, entries: Iterable[tuple[bytes, bytes]]) -> bytes:
    """From (tag, encoded scope) in any order; the same entries give the same bytes.

    Raises:
        ValueError: more than 65,535 different scopes.
    """
    ordered = sorted(entries)
    index: dict[bytes, int] = {}
    for _, scope in ordered:
        index.setdefault(scope, len(index))
    if len(index) > 0xFFFF:
        raise ValueError(f"expected at most 65535 scopes a bucket, got {len(index)}")
    bucket = pb.SiteBucket(
        number=number,
        epoch=epoch,
        tags=b"".join(tag for tag, _ in ordered),
        scope_of=struct.pack(f"<{len(ordered)}H", *(index[scope] for _, scope in ordered)),
        scopes=[pb.SiteScope.FromString(scope) for scope in index],
    )
    return bucket.SerializeToString(deterministic=True)


def decode_bucket(data: bytes) -> Bucket:
    """Raises SiteListError."""
    message = pb.SiteBucket()
    try:
        message.ParseFromString(data)
        count = len(message.tags) // TAG_BYTES
        if len(message.tags) != count * TAG_BYTES or len(message.scope_of) != 2 * count:
            raise WireError(f"expected tags and scopes of one number, got {len(message.tags)} bytes of tags")
        used = struct.unpack(f"<{count}H", message.scope_of)
        if used and max(used) >= len(message.scopes):
            raise WireError(f"expected a scope's index below {len(message.scopes)}, got {max(used)}")
        scopes = tuple(map(_scope_value, message.scopes))
    except (ProtobufDecodeError, WireError, ValueError, OverflowError) as error:
        raise SiteListError(f"expected a SiteBucket, got {len(data)} bytes: {error}") from error
    return Bucket(
        number=message.number, epoch=message.epoch, tags=message.tags, scope_of=message.scope_of, scopes=scopes
    )


def encode_manifest(manifest: Manifest) -> bytes:
    """What is signed."""
    return pb.SiteManifest(
        epoch=manifest.epoch,
        version=manifest.version,
        buckets=manifest.buckets,
        orders=manifest.orders,
        root=manifest.root,
        issued_at_us=wire.from_time(manifest.issued_at),
        threshold=manifest.threshold,
        prefixes=list(manifest.background.shares),
        shares=list(manifest.background.shares.values()),
        other_share=manifest.background.other,
    ).SerializeToString(deterministic=True)


def decode_manifest(data: bytes) -> Manifest:
    """Raises SiteListError."""
    message = pb.SiteManifest()
    try:
        message.ParseFromString(data)
        if len(message.root) != 32 or len(message.prefixes) != len(message.shares):
            raise WireError("expected a root of 32 bytes and a share a prefix")
        if not 1 <= message.buckets <= _MOST or message.buckets & (message.buckets - 1):
            raise WireError(f"expected a power of two of at most {_MOST} buckets, got {message.buckets}")
        issued_at = wire.to_time(message.issued_at_us)
    except (ProtobufDecodeError, WireError, OverflowError) as error:
        raise SiteListError(f"expected a SiteManifest, got {len(data)} bytes: {error}") from error
    return Manifest(
        epoch=message.epoch,
        version=message.version,
        buckets=message.buckets,
        orders=message.orders,
        root=message.root,
        issued_at=issued_at,
        threshold=message.threshold,
        background=Background(
            shares=dict(zip(message.prefixes, message.shares, strict=True)), other=message.other_share
        ),
    )


def seal(manifest: bytes, signature: bytes) -> bytes:
    """The manifest's record on the topic."""
    return pb.SignedManifest(manifest=manifest, signature=signature).SerializeToString(deterministic=True)


def unseal(data: bytes) -> tuple[bytes, bytes]:
    """The manifest's bytes and the signature over them.

    Raises:
        SiteListError: it is no SignedManifest.
    """
    message = pb.SignedManifest()
    try:
        message.ParseFromString(data)
    except ProtobufDecodeError as error:
        raise SiteListError(f"expected a SignedManifest, got {len(data)} bytes: {error}") from error
    return message.manifest, message.signature


def _scope_value(scope: pb.SiteScope) -> WatchlistEntry:
    return WatchlistEntry(
        order_id="",
        plate="",
        plate_class=wire.PLATE_CLASS.to_value(scope.plate_class) if scope.HasField("plate_class") else None,
        colour=wire.COLOUR.to_value(scope.colour) if scope.HasField("colour") else None,
        checkpoints=frozenset(scope.checkpoints),
        directions=frozenset(scope.directions),
        priority=scope.priority,
        valid_from=wire.to_time(scope.valid_from_us) if scope.HasField("valid_from_us") else None,
        valid_until=wire.to_time(scope.valid_until_us) if scope.HasField("valid_until_us") else None,
        schedule=wire.to_schedule(scope.zone, scope.windows),
        exact_only=scope.exact_only,
    )


def digest_of(data: bytes) -> bytes:
    """Of a bucket's record."""
    return hashlib.sha256(data).digest()
