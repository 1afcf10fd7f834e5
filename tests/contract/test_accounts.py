"""The administration of people, on every engine of the records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from central.area import Area
from central.audit import AuditQuery
from central.hold import HoldRequest
from central.independence import NotIndependent
from central.investigation.grant import GrantMove, GrantRequest
from central.order import OrderMove
from central.password import WeakPassword
from central.people import (
    BadCredentials,
    InvalidUser,
    LastAdministrator,
    LockedOut,
    NotYourself,
    Role,
    TokenScope,
    User,
)
from central.records import NotFound, Records, open_records
from central.revision import RevisionKind, RevisionMove
from proto.clock import ManualClock
from tests.centre import CHEAP, PASSWORD, START, active_order, new_clock, order_request, people

ADMIN = "administrator"
OTHER = "another password for tests"


@pytest.fixture
def clock() -> ManualClock:
    return new_clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def records(request: pytest.FixtureRequest, tmp_path: Path, clock: ManualClock) -> Iterator[Records]:
    url: str | None = request.getfixturevalue("database_url") if request.param == "postgresql" else None
    opened = open_records(tmp_path, clock=clock, policy=CHEAP, url=url)
    opened.checkpoints.put_areas([Area(area_id="east", name="东区"), Area(area_id="west", name="西区")])
    people(opened)
    yield opened
    opened.close()


def newest(records: Records) -> tuple[str, str, str]:
    record = records.audit.page(limit=1)[0].record
    return record.action, record.user, record.subject


class TestAccounts:
    def test_a_new_one_has_a_password_told_once_and_to_be_changed(self, records: Records) -> None:
        account, password = records.accounts.create(
            username="li", name="李", roles=[Role.OPERATOR], areas=["east"], language="zh-CN", by=ADMIN
        )
        assert account.user.must_change_password
        assert (set(account.user.areas), account.disabled, account.sessions) == ({"east"}, False, 0)
        assert newest(records) == ("user.create", ADMIN, "li")
        assert password not in "".join(entry.record.detail for entry in records.audit.page(limit=99))
        signed_in = records.people.sign_in("li", password, address="10.0.0.1")
        assert signed_in.user == account.user == records.accounts.get("li").user
        records.people.change_password("li", password, OTHER, address="10.0.0.1", token=signed_in.token)
        assert newest(records) == ("password.change", "li", "li")
        after = records.people.session(signed_in.token)
        assert after is not None
        assert not after.must_change_password

    def test_what_somebody_may_is_changed_at_once(self, records: Records) -> None:
        token = records.people.sign_in("operator", PASSWORD, address="a").token
        records.accounts.change("operator", by=ADMIN, roles=[Role.AUDITOR], areas=["west"])
        user = records.people.session(token)
        assert user is not None
        assert (set(user.roles), set(user.areas)) == ({Role.AUDITOR}, {"west"})
        records.accounts.change("operator", by=ADMIN, name="王", areas=[])
        user = records.people.session(token)
        assert user is not None
        assert (user.name, set(user.roles), set(user.areas)) == ("王", {Role.AUDITOR}, set())
        assert newest(records) == ("user.change", ADMIN, "operator")

    def test_nobody_changes_what_they_may_themselves(self, records: Records) -> None:
        entries = records.audit.verify().entries
        with pytest.raises(NotYourself, match="expected another administrator"):
            records.accounts.change(ADMIN, by=ADMIN, roles=[Role.ADMINISTRATOR, Role.OPERATOR])
        with pytest.raises(NotYourself, match="expected another administrator"):
            records.accounts.change(ADMIN, by=ADMIN, areas=["east"])
        with pytest.raises(NotYourself):
            records.accounts.disable(ADMIN, by=ADMIN)
        with pytest.raises(NotYourself):
            records.accounts.reset_password(ADMIN, by=ADMIN)
        assert records.audit.verify().entries == entries
        assert records.accounts.change(ADMIN, by=ADMIN, name="新名").user.name == "新名"

    def test_the_last_administrator_stays(self, records: Records) -> None:
        accounts = records.accounts
        with pytest.raises(LastAdministrator, match="besides administrator"):
            accounts.disable(ADMIN, by="command-line")
        with pytest.raises(LastAdministrator, match="besides administrator"):
            accounts.change(ADMIN, by="command-line", roles=[Role.AUDITOR])
        with pytest.raises(LastAdministrator, match="besides administrator"):
            accounts.change(ADMIN, by="command-line", areas=["east"])
        assert accounts.get(ADMIN).user.roles == {Role.ADMINISTRATOR}
        # One of an area can't look after people: they don't count.
        accounts.change("operator", by=ADMIN, roles=[Role.ADMINISTRATOR], areas=["east"])
        with pytest.raises(LastAdministrator):
            accounts.disable(ADMIN, by="operator")
        accounts.change("operator", by=ADMIN, areas=[])
        assert accounts.disable(ADMIN, by="operator").disabled

    def test_disabled_and_enabled_again(self, records: Records) -> None:
        token = records.people.sign_in("operator", PASSWORD, address="a").token
        assert records.accounts.get("operator").sessions == 1
        records.accounts.disable("operator", by=ADMIN)
        assert records.people.session(token) is None
        with pytest.raises(BadCredentials):
            records.people.sign_in("operator", PASSWORD, address="a")
        assert "operator" in {account.user.username for account in records.accounts.all()}
        records.accounts.enable("operator", by=ADMIN)
        assert records.people.session(token) is None
        records.people.sign_in("operator", PASSWORD, address="a")

    def test_a_reset_ends_sessions_and_a_lock_out(self, records: Records) -> None:
        token = records.people.sign_in("operator", PASSWORD, address="a").token
        for _ in range(5):
            with pytest.raises(BadCredentials):
                records.people.sign_in("operator", "wrong", address="a")
        with pytest.raises(LockedOut):
            records.people.sign_in("operator", PASSWORD, address="a")
        password = records.accounts.reset_password("operator", by=ADMIN)
        assert newest(records) == ("password.reset", ADMIN, "operator")
        assert records.people.session(token) is None
        assert records.people.sign_in("operator", password, address="a").user.must_change_password
        with pytest.raises(BadCredentials):
            records.people.sign_in("operator", PASSWORD, address="a")

    def test_who_is_not_there(self, records: Records) -> None:
        ways: list[Callable[[], object]] = [
            lambda: records.accounts.get("nobody"),
            lambda: records.accounts.change("nobody", by=ADMIN, name="x"),
            lambda: records.accounts.enable("nobody", by=ADMIN),
            lambda: records.accounts.reset_password("nobody", by=ADMIN),
            lambda: records.accounts.end_sessions("nobody", by=ADMIN),
        ]
        for way in ways:
            with pytest.raises(NotFound, match="no user 'nobody'"):
                way()

    def test_a_change_that_cannot_be_changes_nothing(self, records: Records) -> None:
        before = records.accounts.get("operator")
        with pytest.raises(InvalidUser, match="expected areas that there are"):
            records.accounts.change("operator", by=ADMIN, roles=[Role.AUDITOR], areas=["nowhere"])
        assert records.accounts.get("operator") == before


class TestPasswords:
    def test_the_old_one_must_be_known(self, records: Records) -> None:
        token = records.people.sign_in("operator", PASSWORD, address="a").token
        with pytest.raises(BadCredentials):
            records.people.change_password("operator", "wrong", OTHER, address="a", token=token)
        assert newest(records) == ("password.refused", "operator", "operator")

    def test_guessing_the_old_one_locks_out(self, records: Records) -> None:
        token = records.people.sign_in("operator", PASSWORD, address="a").token
        for _ in range(5):
            with pytest.raises(BadCredentials):
                records.people.change_password("operator", "wrong", OTHER, address="a", token=token)
        with pytest.raises(LockedOut):
            records.people.change_password("operator", PASSWORD, OTHER, address="a", token=token)

    @pytest.mark.parametrize("new", [PASSWORD, "short", "operator123456"])
    def test_the_new_one_must_be_new_and_hard_to_guess(self, records: Records, new: str) -> None:
        token = records.people.sign_in("operator", PASSWORD, address="a").token
        with pytest.raises(WeakPassword):
            records.people.change_password("operator", PASSWORD, new, address="a", token=token)

    def test_ones_other_sessions_end(self, records: Records) -> None:
        here = records.people.sign_in("operator", PASSWORD, address="a").token
        there = records.people.sign_in("operator", PASSWORD, address="b").token
        records.people.change_password("operator", PASSWORD, OTHER, address="a", token=here)
        assert records.people.session(here) is not None
        assert records.people.session(there) is None


class TestSessions:
    def test_ones_own_are_listed_and_ended_one_by_one(self, records: Records, clock: ManualClock) -> None:
        book = records.people
        first = book.sign_in("operator", PASSWORD, address="10.0.0.1").token
        clock.advance(60)
        second = book.sign_in("operator", PASSWORD, address="10.0.0.2").token
        others = book.sign_in("auditor", PASSWORD, address="10.0.0.3").token
        listed = book.sessions("operator")
        assert [s.address for s in listed] == ["10.0.0.2", "10.0.0.1"]
        assert [s.created_at - START for s in listed] == [timedelta(seconds=60), timedelta()]
        assert listed[0].session_id == book.session_id(second)
        with pytest.raises(NotFound):
            book.end_session("operator", book.session_id(others), by="operator")
        book.end_session("operator", listed[1].session_id, by="operator")
        assert book.session(first) is None
        assert book.session(second) is not None
        assert records.accounts.end_sessions("operator", by=ADMIN) == 1
        assert book.session(second) is None
        assert book.session(others) is not None
        assert book.session_id("made up") == ""

    def test_one_that_is_over_is_not_listed(self, records: Records, clock: ManualClock) -> None:
        records.people.sign_in("operator", PASSWORD, address="a")
        clock.advance(CHEAP.session_idle.total_seconds())
        assert records.people.sessions("operator") == ()
        assert records.accounts.get("operator").sessions == 0


class TestMachineTokens:
    def test_scopes_areas_and_expiry(self, records: Records, clock: ManualClock) -> None:
        until = START + timedelta(days=1)
        token = records.people.create_machine_token(
            "platform", by=ADMIN, scopes=[TokenScope.READ], areas=["east"], expires_at=until
        )
        machine = records.people.machine(token)
        assert machine is not None
        assert (set(machine.scopes), set(machine.areas)) == ({TokenScope.READ}, {"east"})
        assert machine.expires_at == until
        assert records.people.machine_tokens() == (machine,)
        clock.advance(timedelta(days=1).total_seconds())
        assert records.people.machine(token) is None

    def test_one_that_cannot_be(self, records: Records) -> None:
        make = records.people.create_machine_token
        with pytest.raises(InvalidUser, match="at least one scope of images, read, watchlist, positions"):
            make("m", by=ADMIN, scopes=[])
        with pytest.raises(InvalidUser, match="expected areas that there are for 'm', got nowhere"):
            make("m", by=ADMIN, areas=["nowhere"])
        with pytest.raises(InvalidUser, match="expected an expiry after"):
            make("m", by=ADMIN, expires_at=START)
        assert records.people.machine_tokens() == ()


def made(records: Records, username: str, *roles: Role, by: str = ADMIN) -> User:
    account, _ = records.accounts.create(
        username=username, name="某", roles=roles, areas=[], language="zh-CN", by=by
    )
    return account.user


def second_administrator(records: Records) -> str:
    """One of the command line's making, as the first was."""
    made(records, "second", Role.ADMINISTRATOR, by="command-line")
    return "second"


def submitted(records: Records, applicant: User) -> str:
    order = records.orders.create(order_request(), by=applicant)
    records.orders.move(order.order_id, OrderMove.SUBMIT, by=applicant)
    return order.order_id


class TestSecondPersons:
    """An administrator's accounts are no second persons to each other until somebody else confirms them."""

    def test_an_account_of_ones_own_making_approves_nothing_of_ones_own(self, records: Records) -> None:
        accounts, staff = records.accounts, people_of(records)
        accounts.change(ADMIN, by="command-line", roles=[Role.ADMINISTRATOR, Role.APPLICANT])
        one, puppet = people_of(records)[ADMIN], made(records, "puppet", Role.APPROVER)
        order_id = submitted(records, one)
        with pytest.raises(NotIndependent, match="expected puppet to be another person than administrator"):
            records.orders.move(order_id, OrderMove.APPROVE, by=puppet)
        # Nor does a chain of them: one whom an administrator of one's own making made.
        made(records, "helper", Role.ADMINISTRATOR)
        further = made(records, "further", Role.APPROVER, by="helper")
        with pytest.raises(NotIndependent):
            records.orders.move(order_id, OrderMove.APPROVE, by=further)
        assert records.orders.move(order_id, OrderMove.APPROVE, by=staff["approver"]).approver == "approver"

    def test_two_accounts_of_one_making_are_one_person(self, records: Records) -> None:
        applicant, approver = made(records, "a1", Role.APPLICANT), made(records, "a2", Role.APPROVER)
        order_id = submitted(records, applicant)
        with pytest.raises(NotIndependent, match="administrator made"):
            records.orders.move(order_id, OrderMove.APPROVE, by=approver)
        assert records.orders.get(order_id).state == "submitted"
        # A colleague of long standing may, and a new one may approve what they apply for.
        staff = people_of(records)
        assert records.orders.move(order_id, OrderMove.APPROVE, by=staff["approver"]).approver == "approver"
        other = submitted(records, staff["applicant"])
        assert records.orders.move(other, OrderMove.APPROVE, by=approver).approver == "a2"

    def test_another_administrator_confirms_and_nobody_of_the_makers(self, records: Records) -> None:
        applicant, approver = made(records, "a1", Role.APPLICANT), made(records, "a2", Role.APPROVER)
        made(records, "helper", Role.ADMINISTRATOR)
        for by in (ADMIN, "helper", "a1"):
            with pytest.raises(NotIndependent):
                records.accounts.confirm("a2", by=by)
        assert [hand.by for hand in records.accounts.get("a2").hands] == [ADMIN]
        account = records.accounts.confirm("a2", by=second_administrator(records))
        assert account.hands == ()
        assert newest(records) == ("user.confirm", "second", "a2")
        order_id = submitted(records, applicant)
        assert records.orders.move(order_id, OrderMove.APPROVE, by=approver).approver == "a2"

    def test_whoever_is_on_the_server_confirms(self, records: Records) -> None:
        made(records, "a1", Role.APPLICANT)
        assert records.accounts.confirm("a1", by="command-line").hands == ()
        assert newest(records) == ("user.confirm", "command-line", "a1")
        with pytest.raises(NotFound):
            records.accounts.confirm("nobody", by="command-line")

    def test_what_the_command_line_makes_needs_no_confirmation(self, records: Records) -> None:
        made(records, "a1", Role.APPLICANT, by="command-line")
        records.accounts.reset_password("a1", by="command-line")
        assert records.accounts.get("a1").hands == ()

    def test_roles_given_and_passwords_reset_are_hands_too(self, records: Records) -> None:
        staff = people_of(records)
        records.accounts.change("approver", by=ADMIN, roles=[Role.APPROVER, Role.SUPERVISOR])
        records.accounts.reset_password("applicant", by=ADMIN)
        hands = [records.accounts.get(name).hands for name in ("approver", "applicant")]
        assert [[(h.by, h.what) for h in each] for each in hands] == [
            [(ADMIN, "user.change")],
            [(ADMIN, "password.reset")],
        ]
        with pytest.raises(NotIndependent):
            records.orders.move(submitted(records, staff["applicant"]), OrderMove.APPROVE, by=staff["approver"])
        records.accounts.change("approver", by=ADMIN, name="新名")  # a name gives nothing
        assert len(records.accounts.get("approver").hands) == 1

    def test_nobody_is_given_rights_by_an_administrator_of_their_own_making(self, records: Records) -> None:
        made(records, "helper", Role.ADMINISTRATOR)
        with pytest.raises(NotYourself):
            records.accounts.change(ADMIN, by="helper", roles=[Role.ADMINISTRATOR, Role.INVESTIGATOR])
        with pytest.raises(NotYourself):
            records.accounts.reset_password(ADMIN, by="helper")
        by = second_administrator(records)
        records.accounts.change(ADMIN, by=by, roles=[Role.ADMINISTRATOR, Role.AUDITOR])

    def test_everything_that_needs_a_second_person_does(self, records: Records, clock: ManualClock) -> None:
        """Grants, holds, revisions and hotlists as orders."""
        one = made(records, "one", Role.APPLICANT, Role.INVESTIGATOR, Role.SUPERVISOR, Role.AUDITOR)
        two = made(records, "two", Role.APPROVER, Role.SUPERVISOR, Role.AUDITOR)
        staff, now = people_of(records), clock.now()
        grant = records.grants.ask(
            GrantRequest(
                case_number="A-1",
                reason="追查",
                since=now - timedelta(days=300),
                lasts=timedelta(hours=8),
            ),
            by=one,
        )
        with pytest.raises(NotIndependent):
            records.grants.decide(grant.grant_id, GrantMove.GRANT, by=two)
        hold = records.holds.place(HoldRequest(plate="川C12345", reason="行政复议"), by="one")
        with pytest.raises(NotIndependent):
            records.holds.lift(hold.hold_id, by="two", because="案件已结")
        order = active_order(records, {Role.APPLICANT: one, Role.APPROVER: staff["approver"]}, order_request())
        longer = replace(order.request, valid_until=order.request.valid_until + timedelta(days=7))
        proposed = records.orders.propose(
            order.order_id, longer, kind=RevisionKind.RENEWAL, by=one, why="尚未找到"
        )
        with pytest.raises(NotIndependent):
            records.orders.decide(order.order_id, proposed.number, RevisionMove.ACCEPT, by=two)
        # To say no takes nobody else.
        records.orders.decide(order.order_id, proposed.number, RevisionMove.REFUSE, by=two, reason="不同意")
        assert records.grants.decide(grant.grant_id, GrantMove.REFUSE, by=two, note="不同意").state == "refused"
        assert records.holds.all()[0].active

    def test_auditors_ask_for_what_unconfirmed_accounts_did(self, records: Records, clock: ManualClock) -> None:
        puppet, staff = made(records, "puppet", Role.APPLICANT), people_of(records)
        submitted(records, puppet)
        submitted(records, staff["applicant"])
        clock.advance(60)
        records.accounts.confirm("puppet", by="command-line")
        clock.advance(60)
        submitted(records, puppet)
        found = records.audit.search(AuditQuery(unconfirmed=True))
        assert [(e.record.user, e.record.action) for e in found] == [
            ("puppet", "order.submit"),
            ("puppet", "order.create"),
        ]
        assert all(e.record.at == START for e in found)


def people_of(records: Records) -> dict[str, User]:
    return {user.username: user for user in records.people.users()}
