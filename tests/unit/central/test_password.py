"""What a password must be."""

from __future__ import annotations

import pytest

from central.password import WeakPassword, check_password, new_password


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", "10 to 256 characters, got 5"),
        ("x" * 257, "got 257"),
        ("aaaaaaaaaaab", "different characters"),
        ("Password2026!", "no name or common word"),
        ("LI.JING20260101", "no name or common word"),
        ("1234567890", "no name or common word"),
        ("李静李静的大名12345", "no name or common word"),
        ("abcdefghijkl", "no run of neighbours"),
        ("lkjihgfedcba", "no run of neighbours"),
    ],
)
def test_one_that_can_be_guessed(password: str, message: str) -> None:
    with pytest.raises(WeakPassword, match=message) as refused:
        check_password(password, username="li.jing", name="李静李静的大名")
    assert password not in str(refused.value)


@pytest.mark.parametrize(
    "password", ["correct horse battery", "密码要长一点才好记得住", "a password for tests"]
)
def test_one_that_is_long(password: str) -> None:
    check_password(password, username="li.jing", name="李静")


def test_one_that_is_made_here() -> None:
    made = {new_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        check_password(password, username="li.jing")
