"""`bukong central users` and `tokens`: who may sign in, and which machines may call."""

from __future__ import annotations

from datetime import timedelta

import click

from central.command import BY, named_failures, opened_records, refusals
from central.config import CentreSettings
from central.people import InvalidUser, Role, TokenScope
from central.records import NotFound
from proto.clock import SystemClock


@click.group("users")
def users() -> None:
    """People who may sign in."""


@users.command("add")
@click.argument("username")
@click.option("--name", required=True, help="As the colleagues call them.")
@click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([r.value for r in Role]), help="Repeats."
)
@click.option("--area", "areas", multiple=True, help="Id of an area they may see; repeats. None: all of them.")
@click.option("--language", default="zh-CN", show_default=True, help="Of the console, BCP 47.")
@click.password_option(help="Asked for where it is not given.", envvar="BUKONG_NEW_PASSWORD")
@click.pass_obj
def add_user(
    settings: CentreSettings,
    username: str,
    name: str,
    roles: tuple[str, ...],
    areas: tuple[str, ...],
    language: str,
    password: str,
) -> None:
    """Add a person. One who is given no area sees the whole network."""
    with named_failures(), opened_records(settings) as records:
        try:
            records.checkpoints.put_areas([configured.area() for configured in settings.areas])
            user = records.people.create_user(
                username=username,
                name=name,
                password=password,
                roles=[Role(role) for role in roles],
                language=language,
                areas=areas,
                by=BY,
            )
        except InvalidUser as error:
            raise click.UsageError(str(error)) from error
    click.echo(f"added {user.username}: {', '.join(sorted(user.roles))}")


@users.command("list")
@click.pass_obj
def list_users(settings: CentreSettings) -> None:
    """Print who may sign in."""
    with named_failures(), opened_records(settings) as records:
        for user in records.people.users():
            areas = ", ".join(sorted(user.areas)) or "whole network"
            click.echo(f"{user.username}  {user.name}  {', '.join(sorted(user.roles))}  {areas}")


@users.command("edit")
@click.argument("username")
@click.option("--name", help="As the colleagues call them.")
@click.option(
    "--role", "roles", multiple=True, type=click.Choice([r.value for r in Role]), help="Repeats; replaces all."
)
@click.option("--area", "areas", multiple=True, help="Id of an area they may see; repeats; replaces all.")
@click.option("--whole-network", is_flag=True, help="Instead of areas.")
@click.pass_obj
def edit_user(
    settings: CentreSettings,
    username: str,
    name: str | None,
    roles: tuple[str, ...],
    areas: tuple[str, ...],
    whole_network: bool,
) -> None:
    """Change a person's name, roles or areas; what is left out stays."""
    if areas and whole_network:
        raise click.UsageError("expected --area or --whole-network, got both")
    with named_failures(), opened_records(settings) as records, refusals():
        records.checkpoints.put_areas([configured.area() for configured in settings.areas])
        account = records.accounts.change(
            username,
            by=BY,
            name=name,
            roles=[Role(role) for role in roles] or None,
            areas=areas or (() if whole_network else None),
        )
    user = account.user
    seen = ", ".join(sorted(user.areas)) or "whole network"
    click.echo(f"{user.username}  {user.name}  {', '.join(sorted(user.roles))}  {seen}")


@users.command("disable")
@click.argument("username")
@click.pass_obj
def disable_user(settings: CentreSettings, username: str) -> None:
    """Let a person sign in no more and end their sessions; what they did stays in the records."""
    with named_failures(), opened_records(settings) as records, refusals():
        records.accounts.disable(username, by=BY)
    click.echo(f"{username} can't sign in any more", err=True)


@users.command("enable")
@click.argument("username")
@click.pass_obj
def enable_user(settings: CentreSettings, username: str) -> None:
    """Let a person sign in again."""
    with named_failures(), opened_records(settings) as records, refusals():
        records.accounts.enable(username, by=BY)
    click.echo(f"{username} can sign in again", err=True)


@users.command("confirm")
@click.argument("usernames", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help="Everybody whose account waits for it.")
@click.pass_obj
def confirm_users(settings: CentreSettings, usernames: tuple[str, ...], everybody: bool) -> None:
    """Say that accounts are their persons' own: for a station with one administrator.

    An account that an administrator made, changed or reset is no second person to that administrator, nor to
    their other accounts, until another administrator or whoever is on this machine has confirmed it.
    """
    if everybody == bool(usernames):
        raise click.UsageError("expected usernames or --all")
    with named_failures(), opened_records(settings) as records, refusals():
        waiting = [account.user.username for account in records.accounts.all() if account.hands]
        for username in waiting if everybody else usernames:
            records.accounts.confirm(username, by=BY)
            click.echo(f"{username} is confirmed", err=True)


@users.command("reset-password")
@click.argument("username")
@click.pass_obj
def reset_password(settings: CentreSettings, username: str) -> None:
    """Print a new password, which they must change at their next sign-in; ends a lock-out."""
    with named_failures(), opened_records(settings) as records, refusals():
        click.echo(records.accounts.reset_password(username, by=BY))


@click.group("tokens")
def tokens() -> None:
    """Secrets by which machines call: nodes that hand in images, platforms that read, units' devices."""


@tokens.command("add")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([s.value for s in TokenScope]),
    default=[TokenScope.IMAGES.value],
    show_default=True,
    help="What it is for; repeats.",
)
@click.option("--area", "areas", multiple=True, help="Id of an area it may see; repeats. None: all of them.")
@click.option("--days", type=click.IntRange(1, 3650), help="How long it lasts. Left out: until it is revoked.")
@click.pass_obj
def add_token(
    settings: CentreSettings, name: str, scopes: tuple[str, ...], areas: tuple[str, ...], days: int | None
) -> None:
    """Make a token for the machine NAME and print it; it can't be shown again."""
    with named_failures(), opened_records(settings) as records, refusals():
        records.checkpoints.put_areas([configured.area() for configured in settings.areas])
        token = records.people.create_machine_token(
            name,
            by=BY,
            scopes=[TokenScope(scope) for scope in scopes],
            areas=areas,
            expires_at=None if days is None else SystemClock().now() + timedelta(days=days),
        )
    click.echo(token)


@tokens.command("list")
@click.pass_obj
def list_tokens(settings: CentreSettings) -> None:
    """Print tokens' identifiers, machines and state; the secrets are kept nowhere."""
    with named_failures(), opened_records(settings) as records:
        for token in records.people.machine_tokens():
            state = "in use"
            if token.expires_at:
                state += f" until {token.expires_at:%Y-%m-%d %H:%M} UTC"
            if token.revoked_at:
                state = f"revoked {token.revoked_at:%Y-%m-%d %H:%M} UTC"
            click.echo(f"{token.token_id}  {token.name}  {', '.join(sorted(token.scopes))}  {state}")


@tokens.command("revoke")
@click.argument("token_id")
@click.pass_obj
def revoke_token(settings: CentreSettings, token_id: str) -> None:
    """Let a token hand in nothing more."""
    with named_failures(), opened_records(settings) as records:
        try:
            records.people.revoke_machine_token(token_id, by=BY)
        except NotFound as error:
            raise click.UsageError(str(error)) from error
