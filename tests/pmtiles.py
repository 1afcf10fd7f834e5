"""Writes small PMTiles files, version 3, as the format's specification says: what the tests read."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from central.ground.pmtiles import tile_number

Tile = tuple[int, int, int]


def _png(size: int, grey: int) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    rows = (b"\0" + bytes([grey]) * size) * size
    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows)) + part(b"IEND", b"")


#: A tile: plain, light grey.
PNG = _png(256, 225)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _directory(entries: Sequence[tuple[int, int, int, int]]) -> bytes:
    """Entries of (number, run, length, offset)."""
    numbers, last = [len(entries)], 0
    for number, *_ in entries:
        numbers.append(number - last)
        last = number
    numbers += [run for _, run, _, _ in entries]
    numbers += [length for _, _, length, _ in entries]
    for i, (_, _, _, offset) in enumerate(entries):
        behind = i > 0 and offset == entries[i - 1][3] + entries[i - 1][2]
        numbers.append(0 if behind else offset + 1)
    return b"".join(map(_varint, numbers))


def write_tiles(
    path: Path, tiles: Mapping[Tile, bytes], *, packed: bool = True, leaf_size: int = 0, kind: int = 2
) -> Path:
    """`leaf_size`: so many entries a leaf directory; 0: all in the root."""
    pack = (lambda data: gzip.compress(data)) if packed else (lambda data: data)
    entries: list[tuple[int, int, int, int]] = []
    data = b""
    for number, tile in sorted((tile_number(*tile), tile) for tile in tiles):
        picture = tiles[tile]
        before = entries[-1] if entries else None
        if before and before[0] + before[1] == number and data[before[3] :] == picture:
            entries[-1] = (before[0], before[1] + 1, before[2], before[3])
        else:
            entries.append((number, 1, len(picture), len(data)))
            data += picture
    leaves = b""
    root = entries
    if leaf_size:
        root = []
        for first in range(0, len(entries), leaf_size):
            leaf = pack(_directory(entries[first : first + leaf_size]))
            root.append((entries[first][0], 0, len(leaf), len(leaves)))
            leaves += leaf
    directory = pack(_directory(root))
    root_at = 127
    leaves_at = root_at + len(directory)
    data_at = leaves_at + len(leaves)
    zooms = [z for z, _, _ in tiles]
    header = struct.pack(
        "<7sB11QBBBBBB4iB2i",
        b"PMTiles", 3, root_at, len(directory), 0, 0, leaves_at, len(leaves), data_at, len(data),
        len(tiles), len(entries), len(entries), 1, 2 if packed else 1, 1, kind, min(zooms), max(zooms),
        0, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip
    path.write_bytes(header + directory + leaves + data)
    return path
