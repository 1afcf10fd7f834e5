"""What a password must be. Pure.

Long rather than motley: length is what a guesser pays for, rules on kinds of characters only make people write
theirs down. So: ten characters and more, not what a guesser tries first, not one's own name.
"""

from __future__ import annotations

import secrets
from itertools import pairwise

from central.people import MAX_PASSWORD, MIN_PASSWORD, InvalidUser

MIN_DIFFERENT = 5  #: characters
#: What passwords are made of where nobody cares; one of these, with digits and signs around it, is none.
_FIRST_GUESSES = frozenset(
    {"password", "passwort", "passw0rd", "administrator", "admin", "root", "qwertyuiop", "qwerty", "asdfghjkl"}
    | {"letmein", "welcome", "changeme", "secret", "police", "jiaojing", "jingcha", "gongan", "woaini", "mima"}
    | {"bukong", "kakou", "zigong", "sichuan"}
)
#: Without characters that are taken for each other: these are read out or copied by hand.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class WeakPassword(InvalidUser):
    """A password that can be guessed; says what was expected, never what came."""


def check_password(password: str, *, username: str, name: str = "") -> None:
    """Raises:
    WeakPassword: it is too short or too long, or among the first that somebody would try.
    """
    if not MIN_PASSWORD <= len(password) <= MAX_PASSWORD:
        raise WeakPassword(
            f"expected a password of {MIN_PASSWORD} to {MAX_PASSWORD} characters, got {len(password)}"
        )
    low = password.lower()
    if len(set(low)) < MIN_DIFFERENT:
        raise WeakPassword(f"expected a password of at least {MIN_DIFFERENT} different characters")
    if low.strip("0123456789 .,-_!@#$%^&*?+=") in _FIRST_GUESSES | {username.lower(), name.lower(), ""}:
        raise WeakPassword("expected a password that is no name or common word with digits or signs around it")
    if all(ord(b) - ord(a) in (-1, 1) or (a, b) in (("9", "0"), ("0", "9")) for a, b in pairwise(low)):
        raise WeakPassword("expected a password that is no run of neighbours in the alphabet or of digits")


def new_password() -> str:
    """One to be told once and changed at the first sign-in; some 59 bits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(3))
