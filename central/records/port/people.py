"""People, their accounts and sessions. See `central.records.port`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from central.people import Account, MachineToken, Role, Session, TokenScope, User
from central.sign_on import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session that was opened; `token` is told only here and kept only as its hash."""

    user: User
    token: str
    expires_at: datetime


class PeopleBook(Protocol):
    """Users, sessions, machine tokens. Secrets are kept as hashes: Argon2 of passwords, SHA-256 of tokens."""

    def create_user(
        self,
        *,
        username: str,
        name: str,
        password: str,
        roles: Collection[Role],
        by: str,
        language: str = "zh-CN",
        areas: Collection[str] = (),
        must_change_password: bool = False,
    ) -> User:
        """`areas`: what they may see; none is the whole network. With a password that somebody else knows,
        they must change it at their first sign-in.

        Raises:
            InvalidUser: a part is not as it must be, the username is taken, or there is no such area.
        """
        ...

    def users(self) -> tuple[User, ...]:
        """Those who are not disabled, by username."""
        ...

    def names(self, usernames: Collection[str]) -> Mapping[str, str]:
        """Username → name of those that there are; of disabled ones too."""
        ...

    def sign_in(self, username: str, password: str, *, address: str, replaces: str | None = None) -> SignedIn:
        """Open a session. `replaces`: a token the caller came with; that session ends, so that a token known
        from before the sign-in is worth nothing after it.

        Raises:
            BadCredentials: which of the two was wrong is not told, by message or by time taken.
            LockedOut: the account or the address failed too often; the password was not looked at.
        """
        ...

    def session(self, token: str) -> User | None:
        """Whose session it is; None where it is unknown, over, idle too long, or its user is disabled."""
        ...

    def sign_out(self, token: str) -> None:
        """End the session; idempotent."""
        ...

    def sessions(self, username: str) -> tuple[Session, ...]:
        """Those open now, the most lately opened first."""
        ...

    def session_id(self, token: str) -> str:
        """Which of them a token's is; empty where it is none."""
        ...

    def end_session(self, username: str, session_id: str, *, by: str) -> None:
        """Raises:
        NotFound: no such session of theirs.
        """
        ...

    def change_password(self, username: str, old: str, new: str, *, address: str, token: str) -> None:
        """One's own; ends one's sessions except the token's. Failed attempts count as failed sign-ins.

        Raises:
            BadCredentials: the old one is wrong.
            WeakPassword: the new one can be guessed, or is the old one.
            NotKeptHere: the identity provider keeps it.
            LockedOut: see `sign_in`.
        """
        ...

    def create_machine_token(
        self,
        name: str,
        *,
        by: str,
        scopes: Collection[TokenScope] = frozenset({TokenScope.IMAGES}),
        areas: Collection[str] = (),
        expires_at: datetime | None = None,
    ) -> str:
        """A new secret, told only here. `areas`: as a user's.

        Raises:
            InvalidUser: the name is blank or too long, there is no scope or no such area, the expiry is past.
        """
        ...

    def machine(self, token: str) -> MachineToken | None:
        """Whose token it is; None where it is unknown, revoked or expired."""
        ...

    def machine_tokens(self) -> tuple[MachineToken, ...]:
        """All of them, revoked ones too, newest first."""
        ...

    def revoke_machine_token(self, token_id: str, *, by: str) -> None:
        """Raises:
        NotFound: no such token.
        """
        ...


class AccountBook(Protocol):
    """The administration of people. What is changed counts from their next request on."""

    def all(self) -> tuple[Account, ...]:
        """Disabled ones too, by username."""
        ...

    def get(self, username: str) -> Account:
        """Raises:
        NotFound: no such user.
        """
        ...

    def create(
        self,
        *,
        username: str,
        name: str,
        roles: Collection[Role],
        areas: Collection[str],
        language: str,
        by: str,
    ) -> tuple[Account, str]:
        """The account and its first password, told only here; they must change it when they sign in.

        Raises:
            InvalidUser: see `PeopleBook.create_user`.
        """
        ...

    def change(
        self,
        username: str,
        *,
        by: str,
        name: str | None = None,
        language: str | None = None,
        roles: Collection[Role] | None = None,
        areas: Collection[str] | None = None,
    ) -> Account:
        """None: as it was.

        Raises:
            NotFound: no such user.
            InvalidUser: a part is not as it must be.
            NotYourself: one's own roles or areas.
            NotKeptHere: the identity provider keeps roles and areas.
            LastAdministrator: nobody would be left to look after people.
        """
        ...

    def disable(self, username: str, *, by: str) -> Account:
        """They can't sign in any more and their sessions end. Their name stays in the records.

        Raises:
            NotFound, NotYourself, LastAdministrator: as `change`.
        """
        ...

    def enable(self, username: str, *, by: str) -> Account:
        """Raises:
        NotFound: no such user.
        """
        ...

    def reset_password(self, username: str, *, by: str) -> str:
        """A new one, told only here, to be changed at the next sign-in; ends their sessions and a lock-out.

        Raises:
            NotFound, NotYourself, NotKeptHere: as `change`.
        """
        ...

    def confirm(self, username: str, *, by: str) -> Account:
        """What administrators did to the account is right: it counts as another person than they from now on.

        Raises:
            NotFound: no such user.
            NotIndependent: `by` had a hand in it, or somebody in both accounts.
        """
        ...

    def end_sessions(self, username: str, *, by: str) -> int:
        """All of theirs; returns how many.

        Raises:
            NotFound: no such user.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class BegunSignOn:
    """A sign-on by the identity provider that is under way. All of it is secret."""

    state: str  #: goes to the provider and comes back
    browser: str  #: stays with the browser
    nonce: str  #: goes to the provider and comes back in its token
    verifier: str  #: shown to the provider with the code (PKCE)


class SignOnBook(Protocol):
    """Sign-ons under way: each is for one browser, once, for ten minutes."""

    def begin(self, *, address: str) -> BegunSignOn:
        """Raises:
        LockedOut: too many were refused, or begun and not ended, from this address.
        """
        ...

    def take(self, state: str, browser: str, *, address: str) -> BegunSignOn:
        """End it and say what it was begun with.

        Raises:
            LockedOut: too many were refused from this address.
            SignOnRefused: there is none, it is over or another browser's.
        """
        ...

    def enter(self, identity: Identity, *, address: str, replaces: str | None = None) -> SignedIn:
        """Make their account or bring it up to what the provider says, and open a session; see
        `PeopleBook.sign_in`.

        Raises:
            InvalidUser: the username is another account's here, an area is unknown, the account is disabled.
        """
        ...

    def refused(self, why: str, *, address: str) -> None:
        """Write down that nobody was let in, and count it as a failed sign-in from there."""
        ...
