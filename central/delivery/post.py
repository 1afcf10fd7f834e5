"""Posting by HTTP, only to where it may go."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from pathlib import Path

import httpx

from central.delivery.message import Request

#: Of an answer, no more is read.
MAX_ANSWER = 64 * 1024


class NotDelivered(Exception):
    """It did not arrive, or was refused; says why, without secrets and addresses."""


class Poster:
    """Posts requests.

    By default only by HTTPS and only to public addresses, so that nobody who sets a target reaches into the
    centre's own network through it. Names are resolved here and the address that was looked at is the one that
    is connected to. Redirects are not followed, proxies of the environment not used.
    """

    def __init__(self, *, allow_private: bool, timeout_s: float, ca_file: Path | None = None) -> None:
        """`timeout_s`: for the whole of a request. `ca_file`: authorities to trust beside the system's.

        Raises:
            OSError: the file can't be read.
        """
        self._allow_private = allow_private
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context()
        if ca_file is not None:
            self._tls.load_verify_locations(ca_file)

    async def post(self, request: Request) -> tuple[int, bytes]:
        """The answer's status and the beginning of its body.

        Raises:
            NotDelivered: there is no answer, or it must not go there.
        """
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._post(request)
        except TimeoutError:
            raise NotDelivered(f"expected an answer within {self._timeout_s:g} s, got none") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
            raise NotDelivered(f"expected an answer, got {type(error).__name__}") from error

    async def _post(self, request: Request) -> tuple[int, bytes]:
        url = httpx.URL(request.url)
        if url.scheme != "https" and not self._allow_private:
            raise NotDelivered(
                "expected https, got http, which is only for one's own network, see allow_private"
            )
        address = await self._address(url)
        headers = {**request.headers, "Host": url.netloc.decode(), "User-Agent": "bukong"}
        async with (
            httpx.AsyncClient(verify=self._tls, trust_env=False, timeout=self._timeout_s) as client,
            client.stream(
                "POST",
                url.copy_with(host=address),
                content=request.body,
                headers=headers,
                extensions={"sni_hostname": url.host},
            ) as answer,
        ):
            body = b""
            async for chunk in answer.aiter_bytes():
                body += chunk
                if len(body) >= MAX_ANSWER:
                    break
            return answer.status_code, body[:MAX_ANSWER]

    async def _address(self, url: httpx.URL) -> str:
        port = url.port or (443 if url.scheme == "https" else 80)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
        except OSError:
            raise NotDelivered("expected a host that has an address, got none") from None
        addresses = [str(entry[4][0]) for entry in found]
        if not self._allow_private and not all(map(is_public, addresses)):
            raise NotDelivered("expected a public address, got one of a private network, see allow_private")
        return addresses[0]


def is_public(address: str) -> bool:
    """Whether it is a machine's of the internet, by whatever notation."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner = None
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo or (None, None))[1]
    return found.is_global and not found.is_multicast and (inner is None or is_public(str(inner)))
