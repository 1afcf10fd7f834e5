"""A folder of pictures of the standard's characters, instead of our own drawings."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from edge.camera.images import PhotoError, read_photo
from edge.scene.glyph import GlyphStyle, drawn
from edge.scene.stroke import Mask

#: Which files a style takes, in the order they are tried; the last resort is the one-row shape.
_PREFIXES: Mapping[GlyphStyle, tuple[str, ...]] = {
    GlyphStyle.ONE_ROW: ("140",),
    GlyphStyle.UPPER_ROW: ("220_up", "220", "140"),
    GlyphStyle.LOWER_ROW: ("220_down", "220", "140"),
    GlyphStyle.NEW_ENERGY: ("green", "140"),
}
#: Ink of the pictures' grey that counts: paper and JPEG ringing lie below.
_FAINT = 24
#: A bare bar is cut to a bar, and would be stretched over the whole box.
_NARROW = frozenset("1")
#: Width of that bar, of the box's.
_BAR = 0.24
#: Height to which pictures are brought once: finer than any rendered plate needs.
_HEIGHT = 180


class FolderGlyphs:
    """Glyphs out of `140_X`, `green_X`, `220_up_X`, `220_down_X` and `220_X` pictures, black on white.

    The pictures differ in size and paper round the ink: each is cut to its ink, which fills the cell as the
    standard's drawings do. What the folder lacks is drawn as ever.
    """

    def __init__(self, folder: Path) -> None:
        """
        Args:
            folder: with at least one such picture.

        Raises:
            PhotoError: no such folder, nothing in it, or a file that is no picture.
        """
        found = {path.stem: path for path in folder.glob("*") if path.suffix.lower() in (".jpg", ".png")}
        self._inks = {stem: _ink(path) for stem, path in sorted(found.items())}
        if not self._inks:
            raise PhotoError(f"expected pictures named like 140_A.jpg in {folder}, found none")
        self._scaled = lru_cache(maxsize=8192)(self._scale)

    def __getstate__(self) -> Mapping[str, Mask]:
        return self._inks  # what was scaled with them stays behind: other processes that render scale their own

    def __setstate__(self, inks: dict[str, Mask]) -> None:
        self._inks = inks
        self._scaled = lru_cache(maxsize=8192)(self._scale)

    def __call__(self, character: str, width: int, height: int, style: GlyphStyle) -> Mask:
        """See `edge.scene.glyph.Glyphs`.

        Raises:
            UnknownGlyph: no plate carries the character.
        """
        return self._scaled(character, width, height, style)

    def _scale(self, character: str, width: int, height: int, style: GlyphStyle) -> Mask:
        shape = "0" if character == "O" else character
        names = [f"{prefix}_{shape}" for prefix in _PREFIXES[style]]
        ink = next((self._inks[name] for name in names if name in self._inks), None)
        if ink is None:
            return drawn(character, width, height, style)
        if shape in _NARROW:
            bar = max(1, round(width * _BAR))
            mask = np.zeros((height, width), np.uint8)
            left = (width - bar) // 2
            mask[:, left : left + bar] = cv2.resize(ink, (bar, height), interpolation=cv2.INTER_AREA)
        else:
            mask = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
        mask.setflags(write=False)
        return mask


def _ink(path: Path) -> Mask:
    """Coverage, cut to what is inked.

    Raises:
        PhotoError: it can't be read, or nothing is on it.
    """
    grey = 255 - cv2.cvtColor(read_photo(path), cv2.COLOR_BGR2GRAY)
    inked = grey > 128
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not len(rows):
        raise PhotoError(f"expected a black character on white, found an empty picture: {path}")
    cut = grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    cover = np.clip((cut - _FAINT) * (255.0 / (255 - 2 * _FAINT)), 0, 255).astype(np.uint8)
    width = max(8, round(cover.shape[1] * _HEIGHT / cover.shape[0]))
    mask: Mask = cv2.resize(cover, (width, _HEIGHT), interpolation=cv2.INTER_AREA).astype(np.uint8)
    return mask
