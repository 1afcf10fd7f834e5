"""Ed25519: the centre signs what it sends to the nodes, and a stolen node can forge nothing. The one module
that knows the `cryptography` package's keys."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SECRET_BYTES = 32


def verify_key_of(secret: bytes) -> bytes:
    """The public half of a signing key of 32 random bytes."""
    return Ed25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def sign(secret: bytes, data: bytes) -> bytes:
    """64 bytes."""
    return Ed25519PrivateKey.from_private_bytes(secret).sign(data)


def is_signed(verify_key: bytes, data: bytes, signature: bytes) -> bool:
    """Whether whoever has the secret half signed these very bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(verify_key).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
