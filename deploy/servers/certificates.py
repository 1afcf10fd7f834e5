"""Certificates of a test server, made by Java's keytool: an authority's PEM and a server's key store."""

from __future__ import annotations

import secrets
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path


class NoKeytool(Exception):
    """Java's keytool is not there, or refuses; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Files below one folder."""

    authority: Path  #: PEM of who signed; what a client is told to trust
    server: Path  #: PKCS #12, the server's key and chain
    password: str  #: of the key store


def make_certificates(folder: Path, *, expired: bool = False) -> Certificates:
    """An authority, and by it a certificate for 127.0.0.1 and localhost.

    Args:
        expired: the server's ended yesterday.

    Raises:
        NoKeytool: see there.
    """
    if shutil.which("keytool") is None:
        raise NoKeytool("expected Java's keytool on the path, got none")
    folder.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(16)
    authority, server = folder / "authority.p12", folder / "server.p12"

    def keytool(command: str, store: Path, *arguments: str) -> None:
        done = subprocess.run(
            ["keytool", f"-{command}", "-keystore", str(store), "-storepass", password, *arguments],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise NoKeytool(f"keytool -{command}: {(done.stdout + done.stderr).strip()}")

    new = ("-keyalg", "EC", "-groupname", "secp256r1", "-storetype", "PKCS12")
    keytool(
        "genkeypair", authority, "-alias", "authority", *new, "-dname", "CN=bukong test authority",
        "-ext", "bc:c", "-validity", "30",
    )  # fmt: skip
    keytool("genkeypair", server, "-alias", "server", *new, "-dname", "CN=127.0.0.1", "-validity", "30")
    request, signed, pem = folder / "server.csr", folder / "server.crt", folder / "authority.pem"
    keytool("certreq", server, "-alias", "server", "-file", str(request))
    since = ("-startdate", "-11d", "-validity", "10") if expired else ("-validity", "30")
    keytool(
        "gencert", authority, "-alias", "authority", "-infile", str(request), "-outfile", str(signed),
        "-ext", "san=ip:127.0.0.1,dns:localhost", *since,
    )  # fmt: skip
    keytool("exportcert", authority, "-alias", "authority", "-rfc", "-file", str(pem))
    keytool("importcert", server, "-noprompt", "-alias", "authority", "-file", str(pem))
    keytool("importcert", server, "-noprompt", "-alias", "server", "-file", str(signed))
    return Certificates(authority=pem, server=server, password=password)
