"""What both engines look at: labelled photos where there are any, rendered traffic otherwise."""

from __future__ import annotations

from itertools import islice

from deploy.city import City
from edge.camera.images import read_photo
from edge.frame import Image
from tests.accuracy import photos


def pictures(count: int) -> list[Image]:
    """At most so many; the same ones every time."""
    if photos.present():
        every = list(photos.scenes())
        return [read_photo(photo.path) for photo in every[:: max(1, len(every) // count)][:count]]
    city = City.demo(seed=3)
    camera = city.cameras[0]
    scene = city.scene(camera.camera_id, 60.0)
    return [scene.frame(at) for at in islice((3.0 + 1.3 * i for i in range(count)), count)]
