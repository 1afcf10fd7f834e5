"""The running part that hands the outbox's images to the centre over HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable

import httpx
import structlog

from edge.backoff import Backoff
from edge.outbox import Outbox, OutboxError, QueuedImage
from edge.outbox.metrics import OutboxMetrics

#: Up to this size an image is sent whole; a larger one can be resumed where the link broke.
SMALL = 256 * 1024
_IDLE_S = 0.2
#: The centre's answers that this image, or this way of sending it, will never be taken.
_NEVER = frozenset({400, 413, 415, 422})
#: A piecewise upload that ends with wrong bytes may have been spoilt on the way: begin anew, so many times.
_ATTEMPTS = 3
#: Images that failed and wait for the others' turn, at most; then the oldest has its turn again.
_PASSED_OVER = 64
#: However long the centre asks for, seconds: a wrong answer must not silence a node for days.
_MOST_ASKED_FOR_S = 3600.0
_TIMEOUT = httpx.Timeout(connect=5.0, read=30.0, write=30.0, pool=30.0)


class UploadFailed(Exception):
    """Not taken now; it stays in the outbox. `retry_after_s` is what the centre asked for, or 0."""

    def __init__(self, why: str, retry_after_s: float = 0.0) -> None:
        super().__init__(why)
        self.retry_after_s = retry_after_s


class UploadRefused(Exception):
    """The centre will never take this image."""


class Uploader:
    """Images go from the outbox to the centre, addressed by their SHA-256: hits first, then oldest first.

    Each of the workers' loops:

    1. Claim the next image that no other worker has; where there is none, wait for a put.
    2. Send it: whole with PUT where it is small, else from the offset the centre has with PATCH.
    3. Remove it from the outbox once the centre acknowledged it.

    What can't be sent now stays and is tried again with growing pauses, after the others have had their turn,
    so that no image holds up the rest; a worker outlives any error. What the centre will never take is kept
    aside in the outbox and counted.
    A refused token is trouble of the node, not of the image: it is tried again.
    """

    def __init__(
        self,
        outbox: Outbox,
        *,
        base_url: str,
        token: str,
        metrics: OutboxMetrics,
        workers: int = 2,
        new_backoff: Callable[[], Backoff] = Backoff,
    ) -> None:
        self._outbox = outbox
        self._metrics = metrics
        self._workers = workers
        self._client = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
            verify=base_url.startswith("https:"),  # plain HTTP has nothing to verify: spare reading the roots
        )
        self._new_backoff = new_backoff
        self._claims: set[str] = set()
        self._passed_over: set[str] = set()
        self._claiming = threading.Lock()
        self._spoilt: dict[str, int] = {}
        self._log = structlog.get_logger("upload").bind(centre=base_url)

    def run(self, stop: threading.Event) -> None:
        """Until `stop`, once; what was not acknowledged then stays in the outbox."""
        threads = [
            threading.Thread(target=self._work, args=(stop,), name=f"upload-{n}") for n in range(self._workers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.close()

    def close(self) -> None:
        """Close the connections; idempotent."""
        self._client.close()

    def _work(self, stop: threading.Event) -> None:
        backoff = self._new_backoff()
        while not stop.is_set():
            puts = self._outbox.puts
            try:
                busy = self.upload_next()
            except (UploadFailed, OutboxError) as error:
                self._metrics.upload_failures.inc()
                asked_for = error.retry_after_s if isinstance(error, UploadFailed) else 0.0
                pause = max(backoff.failed(), asked_for)
                self._log.warning("images wait", why=str(error), seconds=round(pause, 2))
                stop.wait(pause)
                continue
            except Exception as error:  # noqa: BLE001 - a worker that ended would leave the images waiting
                self._metrics.upload_failures.inc()
                pause = backoff.failed()
                self._log.exception("images wait", why=str(error), seconds=round(pause, 2))
                stop.wait(pause)
                continue
            backoff.succeeded()
            if not busy:
                self._outbox.wait(puts, _IDLE_S)

    def upload_next(self) -> bool:
        """One turn of a worker's loop; False where there was nothing to do.

        Raises:
            UploadFailed: it stays in the outbox.
            OutboxUnavailable: it can't be read now, or it is sent perhaps; tried again all the same.
        """
        # 1. Claim.
        image = self._claim()
        if image is None:
            return False
        try:
            data = self._outbox.image(image.sha256)
            if data is None:  # evicted meanwhile, or damaged: the outbox has counted it
                return True
            # 2. Send.
            try:
                self._send(image.sha256, data)
            except UploadRefused as error:
                self._outbox.refuse_image(image.sha256, str(error))
                return True
            # 3. Remove.
            self._outbox.image_done(image.sha256)
            self._metrics.uploaded.inc()
            return True
        except Exception:
            self._pass_over(image.sha256)
            raise
        finally:
            with self._claiming:
                self._claims.discard(image.sha256)

    def _claim(self) -> QueuedImage | None:
        with self._claiming:
            waiting = [
                image
                for image in self._outbox.images(len(self._claims) + len(self._passed_over) + 1)
                if image.sha256 not in self._claims
            ]
            fresh = [image for image in waiting if image.sha256 not in self._passed_over]
            if not fresh:
                self._passed_over.clear()
            for image in fresh or waiting:
                self._claims.add(image.sha256)
                return image
        return None

    def _pass_over(self, sha256: str) -> None:
        with self._claiming:
            if len(self._passed_over) >= _PASSED_OVER:
                self._passed_over.clear()
            self._passed_over.add(sha256)

    def _send(self, sha256: str, data: bytes) -> None:
        if len(data) <= SMALL:
            self._checked(self._request("PUT", f"/api/images/{sha256}", content=data))
            return
        response = self._checked(self._request("HEAD", f"/api/images/{sha256}/upload"))
        # Sent even where the centre has all bytes: it may have died before it checked and kept them.
        response = self._append(sha256, data, _offset(response))
        if response.status_code == 409:
            response = self._append(sha256, data, _offset(response))
        if response.status_code == 409:
            raise UploadFailed(f"the centre is at another offset again: {response.text}")
        if response.status_code == 422 and self._may_begin_anew(sha256):
            raise UploadFailed(f"the image arrived spoilt: {response.text}")
        self._spoilt.pop(sha256, None)
        self._checked(response)

    def _append(self, sha256: str, data: bytes, offset: int) -> httpx.Response:
        return self._request(
            "PATCH",
            f"/api/images/{sha256}/upload",
            content=data[offset:],
            headers={"Upload-Offset": str(offset), "Upload-Length": str(len(data))},
        )

    def _may_begin_anew(self, sha256: str) -> bool:
        self._spoilt[sha256] = self._spoilt.get(sha256, 0) + 1
        return self._spoilt[sha256] < _ATTEMPTS

    def _request(
        self, method: str, path: str, *, content: bytes = b"", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        self._metrics.uploaded_bytes.inc(len(content))
        try:
            return self._client.request(method, path, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise UploadFailed(f"{method} {path}: {type(error).__name__}: {error}") from error

    def _checked(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        why = f"expected success, got {response.status_code} {response.text[:200]}".strip()
        if response.status_code in _NEVER:
            raise UploadRefused(why)
        raise UploadFailed(why, _retry_after_s(response))


def _offset(response: httpx.Response) -> int:
    value = response.headers.get("Upload-Offset", "")
    if not value.isascii() or not value.isdigit():
        raise UploadFailed(f"expected a header Upload-Offset with a number, got {value!r}")
    return int(value)


def _retry_after_s(response: httpx.Response) -> float:
    value = response.headers.get("Retry-After", "")
    return min(float(value), _MOST_ASKED_FOR_S) if value.isascii() and value.isdigit() else 0.0
