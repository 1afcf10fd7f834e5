"""What gets printed: every class, provinces alike."""

from __future__ import annotations

from collections import Counter

import numpy as np

from edge.scene.plate import print_plate
from edge.train.text import SHARES, draw_face
from proto.plate import PROVINCES, classes_of


def test_every_class_comes_fits_its_grammar_and_can_be_printed() -> None:
    rng = np.random.default_rng(1)
    seen = set()
    for _ in range(1500):
        face = draw_face(rng)
        assert face.plate_class in classes_of(face.text)
        assert "O" not in face.text
        if (face.plate_class, face.row_count) not in seen:
            assert print_plate(face, 0.2).any()
        seen.add((face.plate_class, face.row_count))
    assert seen == set(SHARES)


def test_provinces_are_alike_in_number() -> None:
    rng = np.random.default_rng(2)
    drawn = Counter(face.text[0] for face in (draw_face(rng) for _ in range(6000)) if face.text[0] in PROVINCES)
    assert set(drawn) == set(PROVINCES)
    # 粤 more: all plates of Hong Kong and Macao begin with it.
    others = [n for province, n in drawn.items() if province != "粤"]
    assert max(others) < 1.6 * min(others)
