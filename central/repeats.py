"""Which hits are worth an alert: not those that say again what one said a few seconds before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from central.state import Raised, Repeats
from proto.passage import Hit


class RepeatFilter:
    """The matcher's: `first` before the alerts are raised, `raised` once they are durable.

    Of hits that come together, the first within the window stands for the others: they are raised in one
    transaction or come again together. So no hit is left out before an alert like it is durable, or with it.
    """

    def __init__(self, repeats: Repeats, window: timedelta) -> None:
        self._repeats = repeats
        self._window = window

    def first(self, hits: Sequence[Hit]) -> list[Hit]:
        """Those to raise, in order."""
        if not self._window or not hits:
            return list(hits)
        known = self._repeats.known([_raised(hit) for hit in hits])
        taken: dict[str, list[Raised]] = {}
        first = []
        for hit, is_known in zip(hits, known, strict=True):
            raised = _raised(hit)
            like = taken.setdefault(raised.key, [])
            near = any(abs(raised.captured_at - other.captured_at) < self._window for other in like)
            if not is_known and not near:
                like.append(raised)
                first.append(hit)
        return first

    def raised(self, hits: Sequence[Hit]) -> None:
        """Their alerts are durable."""
        if self._window:
            self._repeats.remember([_raised(hit) for hit in hits])


def _raised(hit: Hit) -> Raised:
    read = hit.passage.plate
    return Raised(
        order_id=hit.order_id,
        plate="" if read is None else read.text,
        checkpoint_id=hit.passage.checkpoint_id,
        tier=hit.tier,
        captured_at=hit.passage.captured_at,
    )
