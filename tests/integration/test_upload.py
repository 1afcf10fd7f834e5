"""The uploader against the centre's real image routes over HTTP, with trouble on the way."""

from __future__ import annotations

import hashlib
import itertools
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from edge.backoff import Backoff
from edge.outbox import OutboxLimits, OutboxUnavailable
from edge.outbox.metrics import OutboxMetrics
from edge.outbox.sqlite import SqliteOutbox
from edge.upload import SMALL, Uploader, UploadFailed
from proto.clock import SystemClock
from proto.passage import Evidence, EvidenceKind
from tests.integration.image_centre import MAX_BYTES, ImageCentre, Trouble, image_centre
from tests.passages import passage

LARGE = SMALL + 100_000


#: Every image of this module is another one: they all go to one centre.
SEEDS = itertools.count()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ImageCentre]:
    with image_centre(tmp_path_factory.mktemp("centre")) as centre:
        yield centre


@pytest.fixture
def centre(running: ImageCentre) -> ImageCentre:
    running.reset()
    return running


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Broken links are logged with pretty tracebacks, which take a second each to draw."""
    with capture_logs():
        yield


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> OutboxMetrics:
    return OutboxMetrics(registry)


@pytest.fixture
def outbox(tmp_path: Path, metrics: OutboxMetrics) -> Iterator[SqliteOutbox]:
    outbox = SqliteOutbox(tmp_path / "outbox", clock=SystemClock(), limits=OutboxLimits(), metrics=metrics)
    yield outbox
    outbox.close()


@pytest.fixture
def uploader(outbox: SqliteOutbox, centre: ImageCentre, metrics: OutboxMetrics) -> Iterator[Uploader]:
    uploader = new_uploader(outbox, centre, metrics)
    yield uploader
    uploader.close()


def new_uploader(
    outbox: SqliteOutbox, centre: ImageCentre, metrics: OutboxMetrics, token: str = ""
) -> Uploader:
    return Uploader(
        outbox,
        base_url=centre.url,
        token=token or centre.token,
        metrics=metrics,
        new_backoff=lambda: Backoff(first_s=0.001, most_s=0.01),
    )


def put(outbox: SqliteOutbox, number: int, size: int, *, hit: bool = False) -> tuple[str, bytes]:
    """Queue a passage with one image of that size; returns its hash and bytes."""
    data = random.Random(next(SEEDS)).randbytes(size)
    name = hashlib.sha256(data).hexdigest()
    plain = passage(number, kinds=())
    fields = {f: getattr(plain, f) for f in plain.__slots__}
    evidence = Evidence(kind=EvidenceKind.SCENE, sha256=name, size=size)
    with_image = type(plain)(**fields | {"evidence": (evidence,)})
    outbox.put([with_image], {name: data}, hits={plain.passage_id} if hit else frozenset())
    return name, data


@pytest.mark.parametrize(
    ("size", "method"), [(99, "PUT"), (SMALL, "PUT"), (SMALL + 1, "PATCH"), (LARGE, "PATCH")]
)
def test_an_image_arrives_whole_or_in_pieces(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader, size: int, method: str
) -> None:
    name, data = put(outbox, 1, size)
    assert uploader.upload_next()
    assert centre.images.get(name) == data
    assert centre.requests[-1][0] == method
    assert outbox.images(10) == []
    assert not uploader.upload_next()


def test_hits_go_first(outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader) -> None:
    put(outbox, 1, 10)
    hit, _ = put(outbox, 2, 10, hit=True)
    uploader.upload_next()
    assert centre.images.has(hit)
    assert len(outbox.images(10)) == 1


def test_a_broken_link_goes_on_where_it_broke(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader
) -> None:
    name, data = put(outbox, 1, LARGE)
    centre.troubles = [Trouble(), Trouble(cut_after=200_000)]  # the HEAD passes, the PATCH breaks
    with pytest.raises(UploadFailed):
        uploader.upload_next()
    assert [q.sha256 for q in outbox.images(10)] == [name]
    assert uploader.upload_next()
    assert centre.images.get(name) == data
    assert centre.requests[-1] == ("PATCH", f"/api/images/{name}/upload", LARGE - 200_000)


def test_a_lost_answer_is_asked_for_again(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader
) -> None:
    lost = Trouble(lose_answer=True)
    for number, size in ((1, 10), (2, LARGE)):
        name, data = put(outbox, number, size)
        centre.troubles = [lost] if size < SMALL else [Trouble(), lost]
        with pytest.raises(UploadFailed):
            uploader.upload_next()
        assert uploader.upload_next()
        assert centre.images.get(name) == data
    assert outbox.images(10) == []


def test_a_centre_that_died_before_it_kept_all_bytes_is_made_to(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader
) -> None:
    name, data = put(outbox, 1, LARGE)
    (centre.uploads / f"{name}.part").write_bytes(data)
    assert uploader.upload_next()
    assert centre.images.get(name) == data


def test_the_centre_moving_on_meanwhile_is_followed(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader
) -> None:
    name, data = put(outbox, 1, LARGE)

    def meanwhile(method: str, _path: str) -> None:
        part = centre.uploads / f"{name}.part"
        if method == "PATCH" and not part.exists():
            part.write_bytes(data[:1000])

    centre.before = meanwhile
    assert uploader.upload_next()
    assert centre.images.get(name) == data


def test_spoilt_pieces_are_sent_anew(outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader) -> None:
    name, data = put(outbox, 1, LARGE)
    (centre.uploads / f"{name}.part").write_bytes(b"\x00" * 1000)
    with pytest.raises(UploadFailed, match="spoilt"):
        uploader.upload_next()
    assert uploader.upload_next()
    assert centre.images.get(name) == data


def test_pieces_spoilt_each_time_are_kept_aside(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader
) -> None:
    name, _ = put(outbox, 1, LARGE)

    def spoil(method: str, _path: str) -> None:
        if method == "HEAD":
            (centre.uploads / f"{name}.part").write_bytes(b"\x00" * 1000)

    centre.before = spoil
    for _ in range(2):
        with pytest.raises(UploadFailed, match="spoilt"):
            uploader.upload_next()
    assert uploader.upload_next()
    assert outbox.stats().refused_images == 1


@pytest.mark.parametrize("size", [100, LARGE])
@pytest.mark.parametrize("status", [400, 413, 415])
def test_what_will_never_be_taken_is_kept_aside_and_the_rest_goes_on(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader, size: int, status: int
) -> None:
    put(outbox, 1, size)
    name, _ = put(outbox, 2, 10)
    centre.troubles = [Trouble(status=status)]
    assert uploader.upload_next()
    assert uploader.upload_next()
    assert centre.images.has(name)
    assert (outbox.stats().images, outbox.stats().refused_images) == (0, 1)


def test_an_image_over_the_centres_limit_is_kept_aside(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader
) -> None:
    put(outbox, 1, MAX_BYTES + 1)
    assert uploader.upload_next()
    assert outbox.stats().refused_images == 1


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_what_may_pass_later_stays(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader, status: int
) -> None:
    name, _ = put(outbox, 1, 10)
    centre.troubles = [Trouble(status=status, retry_after="7")]
    with pytest.raises(UploadFailed, match=str(status)) as failure:
        uploader.upload_next()
    assert failure.value.retry_after_s == 7
    assert outbox.stats().refused_images == 0
    uploader.upload_next()
    assert centre.images.has(name)


def test_a_wrong_token_stops_nothing_for_good(
    outbox: SqliteOutbox, centre: ImageCentre, metrics: OutboxMetrics
) -> None:
    put(outbox, 1, 10)
    uploader = new_uploader(outbox, centre, metrics, token="wrong")
    with pytest.raises(UploadFailed, match="401"):
        uploader.upload_next()
    uploader.close()
    assert outbox.stats().images == 1


def test_one_image_in_trouble_does_not_hold_up_the_others(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader
) -> None:
    bad, _ = put(outbox, 1, 10)
    good, _ = put(outbox, 2, 10)
    centre.troubles = [Trouble(status=500)]
    with pytest.raises(UploadFailed):
        uploader.upload_next()
    uploader.upload_next()
    assert (centre.images.has(bad), centre.images.has(good)) == (False, True)
    uploader.upload_next()
    assert centre.images.has(bad)


def test_a_damaged_image_is_passed_over(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader, tmp_path: Path
) -> None:
    name, _ = put(outbox, 1, 10)
    (tmp_path / "outbox" / "images" / name).write_bytes(b"damaged")
    assert uploader.upload_next()
    assert centre.requests == []
    assert outbox.stats().lost_images == 1


def test_nobody_there_is_a_failure_that_names_it(outbox: SqliteOutbox, metrics: OutboxMetrics) -> None:
    put(outbox, 1, 10)
    uploader = Uploader(outbox, base_url="http://127.0.0.1:9", token="any", metrics=metrics)
    with pytest.raises(UploadFailed, match="ConnectError"):
        uploader.upload_next()
    uploader.close()


def test_running_it_delivers_everything_through_trouble_and_stops_when_told(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader, registry: CollectorRegistry
) -> None:
    chance = random.Random(5)
    kinds = [Trouble(), Trouble(status=503), Trouble(cut_after=5_000), Trouble(lose_answer=True)]
    centre.troubles = [chance.choice(kinds) for _ in range(40)]
    stop = threading.Event()
    thread = threading.Thread(target=uploader.run, args=(stop,))
    thread.start()
    expected = {}
    for number in range(20):
        name, data = put(outbox, number, LARGE if number % 4 == 0 else 20_000)
        expected[name] = data
    deadline = time.monotonic() + 60
    while outbox.stats().images and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert {name: centre.images.get(name) for name in expected} == expected
    assert outbox.stats().refused_images == 0
    assert registry.get_sample_value("bukong_edge_upload_images_total") == 20
    assert (registry.get_sample_value("bukong_edge_upload_failures_total") or 0) > 5


class HauntedOutbox(SqliteOutbox):
    """The real outbox, with a bug that shows the first few times an image is read."""

    bugs = 4

    def image(self, sha256: str) -> bytes | None:
        if self.bugs:
            self.bugs -= 1
            raise RuntimeError("a bug")
        return super().image(sha256)


def test_the_workers_outlive_errors_nobody_expected(
    tmp_path: Path, centre: ImageCentre, metrics: OutboxMetrics
) -> None:
    outbox = HauntedOutbox(tmp_path / "haunted", clock=SystemClock(), limits=OutboxLimits(), metrics=metrics)
    uploader = new_uploader(outbox, centre, metrics)
    name, data = put(outbox, 1, 10)
    with capture_logs() as logs:
        run_until_empty(uploader, outbox)
    assert centre.images.get(name) == data
    assert [(e["log_level"], e["why"], e["exc_info"]) for e in logs] == [("error", "a bug", True)] * 4
    outbox.close()


def test_an_image_the_disk_cannot_read_does_not_hold_up_the_others(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader, tmp_path: Path
) -> None:
    bad, _ = put(outbox, 1, 10)
    good, _ = put(outbox, 2, 10)
    file = tmp_path / "outbox" / "images" / bad
    file.unlink()
    file.mkdir()  # not even root can read it
    with pytest.raises(OutboxUnavailable):
        uploader.upload_next()
    uploader.upload_next()
    assert centre.images.has(good)
    assert [image.sha256 for image in outbox.images(10)] == [bad]


def run_until_empty(uploader: Uploader, outbox: SqliteOutbox) -> None:
    """Run it until no image waits, 60 s at most, or until its workers end by themselves."""
    stop = threading.Event()
    thread = threading.Thread(target=uploader.run, args=(stop,))
    thread.start()
    deadline = time.monotonic() + 60
    while outbox.stats().images and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()


def test_an_absurd_retry_after_is_bounded(
    outbox: SqliteOutbox, centre: ImageCentre, uploader: Uploader
) -> None:
    put(outbox, 1, 10)
    centre.troubles = [Trouble(status=503, retry_after="9" * 400)]
    with pytest.raises(UploadFailed) as failure:
        uploader.upload_next()
    assert failure.value.retry_after_s == 3600
