"""Images over HTTP: whole, in pieces, broken off."""

from __future__ import annotations

import socket
import time

import httpx

from central.people import Role
from tests.centre import Centre
from tests.integration.api_requests import IMAGE, SHA, problem_of


class TestImages:
    def test_put_whole(self, centre: Centre) -> None:
        node, operator = centre.machine(), centre.client(Role.OPERATOR)
        path = f"/api/images/{SHA}"
        assert operator.get(centre.picture(SHA)).status_code == 404
        assert node.head(path).status_code == 404
        assert node.put(path, content=IMAGE).status_code == 201
        assert node.put(path, content=IMAGE).status_code == 200
        assert node.head(path).status_code == 200
        assert operator.get(path).status_code == 404  # a hash alone opens nothing
        answer = operator.get(centre.picture(SHA))
        assert (answer.content, answer.headers["content-type"]) == (IMAGE, "image/jpeg")
        assert "private" in answer.headers["cache-control"]

    def test_bytes_that_are_something_else(self, centre: Centre) -> None:
        answer = centre.machine().put(f"/api/images/{SHA}", content=IMAGE[:-1])
        assert "hash to" in problem_of(answer, 422)
        assert centre.client(Role.OPERATOR).get(centre.picture(SHA)).status_code == 404

    def test_an_image_over_the_limit(self, centre: Centre) -> None:
        answer = centre.machine().put(f"/api/images/{SHA}", content=b"x" * ((1 << 20) + 1))
        problem_of(answer, 413)
        answer = centre.machine().patch(
            f"/api/images/{SHA}/upload",
            content=b"x",
            headers={"Upload-Offset": "0", "Upload-Length": str((1 << 20) + 1)},
        )
        problem_of(answer, 413)

    def patch(self, node: httpx.Client, offset: int, data: bytes, length: int = len(IMAGE)) -> httpx.Response:
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(length)}
        return node.patch(f"/api/images/{SHA}/upload", content=data, headers=headers)

    def offset(self, node: httpx.Client) -> int:
        return int(node.head(f"/api/images/{SHA}/upload").headers["upload-offset"])

    def test_in_pieces(self, centre: Centre) -> None:
        node = centre.machine()
        assert self.offset(node) == 0
        first = self.patch(node, 0, IMAGE[:4000])
        assert (first.status_code, first.headers["upload-offset"]) == (204, "4000")
        assert self.offset(node) == 4000
        for wrong in (0, 3999, 4001):
            answer = self.patch(node, wrong, IMAGE[wrong:])
            assert "from offset 4000 on" in problem_of(answer, 409)
            assert answer.headers["upload-offset"] == "4000"
        assert centre.client(Role.OPERATOR).get(centre.picture(SHA)).status_code == 404
        assert self.patch(node, 4000, IMAGE[4000:]).headers["upload-offset"] == str(len(IMAGE))
        assert centre.client(Role.OPERATOR).get(centre.picture(SHA)).content == IMAGE
        assert self.offset(node) == len(IMAGE)
        # An answer that got lost: sending the last piece again is harmless.
        assert self.patch(node, 4000, IMAGE[4000:]).status_code == 204

    def test_a_connection_that_breaks_keeps_what_came(self, centre: Centre) -> None:
        node = centre.machine()
        url = httpx.URL(centre.url)
        with socket.create_connection((url.host, url.port or 80)) as connection:
            connection.sendall(
                (
                    f"PATCH /api/images/{SHA}/upload HTTP/1.1\r\nHost: x\r\n"
                    f"Authorization: {node.headers['authorization']}\r\n"
                    f"Upload-Offset: 0\r\nUpload-Length: {len(IMAGE)}\r\nContent-Length: {len(IMAGE)}\r\n\r\n"
                ).encode()
                + IMAGE[:5000]
            )
            # Until it has been written, as another connection sees it.
            while self.offset(node) < 5000:
                time.sleep(0.01)
        while (answer := self.patch(node, 5000, IMAGE[5000:])).status_code == 409:
            time.sleep(0.01)  # the server has not noticed yet that the first connection is gone
        assert answer.status_code == 204
        assert centre.client(Role.OPERATOR).get(centre.picture(SHA)).content == IMAGE

    def test_pieces_that_make_something_else_begin_anew(self, centre: Centre) -> None:
        node = centre.machine()
        self.patch(node, 0, b"x" * 4000)
        problem_of(self.patch(node, 4000, IMAGE[4000:]), 422)
        assert self.offset(node) == 0
        assert self.patch(node, 0, IMAGE).status_code == 204

    def test_more_than_was_announced(self, centre: Centre) -> None:
        problem_of(self.patch(centre.machine(), 0, IMAGE, length=len(IMAGE) - 1), 413)
