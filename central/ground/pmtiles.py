"""Reads tiles of pictures from a PMTiles file, version 3: one file, a directory in it, tiles behind that.

The format is public (PMTiles version 3 specification). A tile is found by its number on a Hilbert curve through
all tiles of all zooms; the root directory names tiles or, where it would grow too large, directories that do.
"""

from __future__ import annotations

import os
import struct
import threading
import zlib
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_HEADER = struct.Struct("<7sB11QBBBBBB4iB2i")
_MAGIC = b"PMTiles"
_VERSION = 3
_NONE, _GZIP = 1, 2
#: Kinds of tiles that a browser shows as they are.
MEDIA_TYPES = {2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif"}
_VECTOR = 1
_DEEPEST = 26
#: A directory may lead to another one so often: the format asks for one step.
_STEPS = 3
_MAX_DIRECTORY = 16 << 20  #: bytes, unpacked: a file must not fill the memory
_MAX_TILE = 4 << 20
_KEPT = 64  #: leaf directories kept in memory


class InvalidTiles(ValueError):
    """No file of tiles that can be shown; says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class _Entry:
    tile_id: int
    run: int  #: so many tiles in a row are this one; 0: it is a leaf directory
    length: int
    offset: int


class TileFile:
    """A file of tiles, open until it is closed. Safe to read from several threads."""

    def __init__(self, descriptor: int, header: tuple[int, ...], name: str) -> None:
        self._descriptor = descriptor
        self._name = name
        (
            self._root_at, self._root_length, _, _, self._leaves_at, self._leaves_length,
            self._data_at, self._data_length, _, _, _, _, packed, _, kind, low, high,
        ) = header[:17]  # fmt: skip
        if packed not in (_NONE, _GZIP):
            raise InvalidTiles(f"expected directories packed with gzip or not at all in {name}, got {packed}")
        if kind not in MEDIA_TYPES:
            got = "vector tiles" if kind == _VECTOR else f"kind {kind}"
            raise InvalidTiles(f"expected tiles that are pictures (PNG, JPEG, WebP, AVIF) in {name}, got {got}")
        self._packed = packed == _GZIP
        self.media_type = MEDIA_TYPES[kind]
        self.zooms = range(low, min(high, _DEEPEST) + 1)
        if not self.zooms:
            raise InvalidTiles(f"expected zooms of 0 to {_DEEPEST} in {name}, got {low} to {high}")
        self._leaves: OrderedDict[int, list[_Entry]] = OrderedDict()
        self._lock = threading.Lock()
        self._root = self._directory(self._root_at, self._root_length)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises:
        InvalidTiles: it can't be read, or holds no tiles that can be shown.
        """
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise InvalidTiles(f"expected tiles in {path}, it can't be read: {error}") from error
        try:
            head = os.pread(descriptor, _HEADER.size, 0)
            if len(head) < _HEADER.size or not head.startswith(_MAGIC) or head[7] != _VERSION:
                raise InvalidTiles(f"expected a PMTiles file of version {_VERSION} in {path}, got another one")
            return cls(descriptor, _HEADER.unpack(head)[2:], str(path))
        except OSError as error:
            os.close(descriptor)
            raise InvalidTiles(f"expected tiles in {path}, it can't be read: {error}") from error
        except BaseException:
            os.close(descriptor)
            raise

    def close(self) -> None:
        os.close(self._descriptor)

    def tile(self, z: int, x: int, y: int) -> bytes | None:
        """The picture of this tile; None: there is none here.

        Raises:
            InvalidTiles: the file is broken at this place.
        """
        if z not in self.zooms or not (0 <= x < 1 << z and 0 <= y < 1 << z):
            return None
        wanted = tile_number(z, x, y)
        directory = self._root
        for _ in range(_STEPS):
            at = bisect_right(directory, wanted, key=lambda entry: entry.tile_id) - 1
            if at < 0:
                return None
            entry = directory[at]
            if entry.run > 0:
                if wanted >= entry.tile_id + entry.run:
                    return None
                return self._read(self._data_at + entry.offset, entry.length, most=_MAX_TILE)
            directory = self._leaf(entry)
        raise InvalidTiles(f"expected a tile within {_STEPS} directories of {self._name}, found none")

    def _leaf(self, entry: _Entry) -> list[_Entry]:
        with self._lock:
            if entry.offset in self._leaves:
                self._leaves.move_to_end(entry.offset)
                return self._leaves[entry.offset]
        found = self._directory(self._leaves_at + entry.offset, entry.length)
        with self._lock:
            self._leaves[entry.offset] = found
            while len(self._leaves) > _KEPT:
                self._leaves.popitem(last=False)
        return found

    def _directory(self, at: int, length: int) -> list[_Entry]:
        data = self._read(at, length, most=_MAX_DIRECTORY)
        if self._packed:
            unpacker = zlib.decompressobj(wbits=31)
            try:
                data = unpacker.decompress(data, _MAX_DIRECTORY)
            except zlib.error as error:
                raise InvalidTiles(f"expected a packed directory at {at} of {self._name}: {error}") from error
            if not unpacker.eof:
                raise InvalidTiles(f"expected a directory of at most {_MAX_DIRECTORY} bytes in {self._name}")
        return _entries(data, self._name)

    def _read(self, at: int, length: int, *, most: int) -> bytes:
        if length > most:
            raise InvalidTiles(f"expected at most {most} bytes at {at} of {self._name}, got {length}")
        try:
            data = os.pread(self._descriptor, length, at)
        except (OSError, OverflowError) as error:
            raise InvalidTiles(f"expected {length} bytes at {at} of {self._name}: {error}") from error
        if len(data) < length:
            raise InvalidTiles(f"expected {length} bytes at {at} of {self._name}, it ends before")
        return data


def tile_number(z: int, x: int, y: int) -> int:
    """Which tile it is, counted through all zooms, along a Hilbert curve in each."""
    number = ((1 << 2 * z) - 1) // 3
    for level in range(z - 1, -1, -1):
        side = 1 << level
        right, down = int(x & side > 0), int(y & side > 0)
        number += side * side * ((3 * right) ^ down)
        if not down:
            if right:
                x, y = side - 1 - (x & (side - 1)), side - 1 - (y & (side - 1))
            x, y = y, x
    return number


def _entries(data: bytes, name: str) -> list[_Entry]:
    """A directory: how many entries, then all their numbers, runs, lengths and offsets, each as a varint."""
    at = 0

    def number() -> int:
        nonlocal at
        value = shift = 0
        while True:
            if at >= len(data) or shift > 63:
                raise InvalidTiles(f"expected a number in a directory of {name}, it ends before")
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    count = number()
    if count > len(data):
        raise InvalidTiles(f"expected as many entries as a directory of {name} holds, got {count}")
    ids: list[int] = []
    for _ in range(count):
        ids.append((ids[-1] if ids else 0) + number())
    runs = [number() for _ in range(count)]
    lengths = [number() for _ in range(count)]
    offsets: list[int] = []
    for i in range(count):
        said = number()
        if said == 0 and i == 0:
            raise InvalidTiles(f"expected where the first entry of a directory of {name} lies, got none")
        # 0: right behind the one before.
        offsets.append(offsets[-1] + lengths[i - 1] if said == 0 else said - 1)
    return [_Entry(*each) for each in zip(ids, runs, lengths, offsets, strict=True)]
