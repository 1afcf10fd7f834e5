"""People, for the administrator of the whole network. Passwords are made here and told once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field, StringConstraints

from central.api.security import CurrentUser, ServicesOf
from central.people import Account, Hand, Role

router = APIRouter(prefix="/api/users", tags=["users"])
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?$", max_length=16)]
AreaIds = Annotated[
    list[Annotated[str, StringConstraints(min_length=1, max_length=64)]], Field(max_length=1000)
]


class NewUser(BaseModel):
    """Who is to be able to sign in."""

    username: str = Field(
        description="What they type; it stands in the records and stays.",
        pattern=r"^[a-z][a-z0-9._-]{1,31}$",
        examples=["li.jing"],
    )
    name: Name = Field(description="As the colleagues call them.", examples=["李静"])
    roles: set[Role] = Field(min_length=1)
    areas: AreaIds = Field(default=[], description="What they may see. Empty: the whole network.")
    language: Language = Field(default="zh-CN", description="Of the console, BCP 47.")


class UserChange(BaseModel):
    """What is left out stays as it is. Nobody changes their own roles and areas."""

    name: Name | None = None
    roles: set[Role] | None = Field(default=None, min_length=1)
    areas: AreaIds | None = Field(default=None, description="Empty: the whole network.")
    language: Language | None = None


class HandView(BaseModel):
    """What an administrator did to an account by which they could act."""

    by: str
    what: str = Field(examples=["user.create"])
    at: datetime

    @classmethod
    def of(cls, hand: Hand) -> HandView:
        return cls(by=hand.by, what=hand.what, at=hand.at)


class AccountView(BaseModel):
    """A user as an administrator sees them."""

    username: str
    name: str
    roles: list[Role]
    areas: list[str] = Field(description="Empty: the whole network.")
    language: str
    disabled: bool
    external: bool = Field(description="Signs in by the identity provider, which keeps roles and areas.")
    must_change_password: bool
    created_at: datetime
    sessions: int = Field(description="Open now.")
    hands: list[HandView] = Field(
        description="Not confirmed yet: until somebody else does, the account is no second person to theirs."
    )

    @classmethod
    def of(cls, account: Account) -> AccountView:
        user = account.user
        return cls(
            username=user.username,
            name=user.name,
            roles=sorted(user.roles),
            areas=sorted(user.areas),
            language=user.language,
            disabled=account.disabled,
            external=account.external,
            must_change_password=user.must_change_password,
            created_at=account.created_at,
            sessions=account.sessions,
            hands=[HandView.of(hand) for hand in account.hands],
        )


class AccountsView(BaseModel):
    """By username, disabled ones too."""

    users: list[AccountView]


class NewPassword(BaseModel):
    """A password, told this once; it must be changed at the next sign-in."""

    username: str
    password: str = Field(repr=False)


class NewAccount(BaseModel):
    """Somebody new."""

    user: AccountView
    password: str = Field(repr=False, description="Told this once; it must be changed at the first sign-in.")


class EndedSessions(BaseModel):
    """How many there were."""

    ended: int


@router.get("")
def list_users(services: ServicesOf) -> AccountsView:
    """Everybody who may or could once sign in."""
    return AccountsView(users=[AccountView.of(account) for account in services.records.accounts.all()])


@router.post("", status_code=201)
def create_user(new: NewUser, user: CurrentUser, services: ServicesOf) -> NewAccount:
    """A new user and their first password."""
    account, password = services.records.accounts.create(
        username=new.username,
        name=new.name,
        roles=new.roles,
        areas=new.areas,
        language=new.language,
        by=user.username,
    )
    return NewAccount(user=AccountView.of(account), password=password)


@router.get("/{username}")
def read_user(username: str, services: ServicesOf) -> AccountView:
    """One user."""
    return AccountView.of(services.records.accounts.get(username))


@router.patch("/{username}")
def change_user(username: str, change: UserChange, user: CurrentUser, services: ServicesOf) -> AccountView:
    """Change name, roles, areas or language; what they may counts from their next request on."""
    account = services.records.accounts.change(
        username,
        by=user.username,
        name=change.name,
        language=change.language,
        roles=change.roles,
        areas=change.areas,
    )
    return AccountView.of(account)


@router.post("/{username}/disable")
def disable_user(username: str, user: CurrentUser, services: ServicesOf) -> AccountView:
    """Let them sign in no more and end their sessions; what they did stays in the records."""
    return AccountView.of(services.records.accounts.disable(username, by=user.username))


@router.post("/{username}/enable")
def enable_user(username: str, user: CurrentUser, services: ServicesOf) -> AccountView:
    """Let them sign in again."""
    return AccountView.of(services.records.accounts.enable(username, by=user.username))


@router.post("/{username}/confirm")
def confirm_user(username: str, user: CurrentUser, services: ServicesOf) -> AccountView:
    """Say that what other administrators did to the account is right, and that it is the person's whose it is.

    From then on the account counts as another person than theirs where two must agree.
    """
    return AccountView.of(services.records.accounts.confirm(username, by=user.username))


@router.post("/{username}/password")
def reset_password(username: str, user: CurrentUser, services: ServicesOf) -> NewPassword:
    """A new password; their sessions and a lock-out end."""
    password = services.records.accounts.reset_password(username, by=user.username)
    return NewPassword(username=username, password=password)


@router.delete("/{username}/sessions")
def end_sessions_of_user(username: str, user: CurrentUser, services: ServicesOf) -> EndedSessions:
    """End all sessions of theirs."""
    return EndedSessions(ended=services.records.accounts.end_sessions(username, by=user.username))
