"""What every engine of the records must do for people and for the trail of what they did."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from central.audit import AuditRecord
from central.people import BadCredentials, InvalidUser, LockedOut, Role
from central.records import NotFound, seed_demo_users
from tests.centre import PASSWORD, START
from tests.contract.records_setting import Setting


class TestPeople:
    def test_signing_in_and_out(self, setting: Setting) -> None:
        book = setting.records.people
        signed_in = book.sign_in("operator", PASSWORD, address="10.0.0.1")
        assert signed_in.user == setting.staff[Role.OPERATOR]
        assert book.session(signed_in.token) == signed_in.user
        assert setting.open_again().people.session(signed_in.token) == signed_in.user
        book.sign_out(signed_in.token)
        assert book.session(signed_in.token) is None
        book.sign_out(signed_in.token)

    @pytest.mark.parametrize(
        ("username", "password"),
        [
            ("operator", "wrong password"),
            ("nobody", PASSWORD),
            ("operator", ""),
            ("", ""),
            ("operator", "x" * 999),
        ],
    )
    def test_what_is_wrong_is_not_told(self, setting: Setting, username: str, password: str) -> None:
        with pytest.raises(BadCredentials, match="expected a known username and its password"):
            setting.records.people.sign_in(username, password, address="10.0.0.1")

    def test_an_unknown_name_is_not_written_down(self, setting: Setting) -> None:
        """People type their password into the wrong field."""
        with pytest.raises(BadCredentials):
            setting.records.people.sign_in("hunter2-my-password", "x", address="10.0.0.1")
        (entry,) = setting.records.audit.page(limit=1)
        assert (entry.record.action, entry.record.subject) == ("session.refused", "(unknown)")

    def test_a_session_ends_by_itself(self, setting: Setting) -> None:
        book, policy = setting.records.people, setting.records.policy
        token = book.sign_in("operator", PASSWORD, address="10.0.0.1").token
        for _ in range(13):  # in use all the time
            setting.clock.advance(timedelta(minutes=59).total_seconds())
            alive = book.session(token) is not None
            assert alive == (setting.clock.now() < START + policy.session_lasts)

    def test_a_session_left_alone_ends_sooner(self, setting: Setting) -> None:
        token = setting.records.people.sign_in("operator", PASSWORD, address="10.0.0.1").token
        setting.clock.advance(timedelta(hours=1).total_seconds())
        assert setting.records.people.session(token) is None

    def test_a_token_from_before_is_worth_nothing_after(self, setting: Setting) -> None:
        book = setting.records.people
        before = book.sign_in("operator", PASSWORD, address="10.0.0.1").token
        after = book.sign_in("operator", PASSWORD, address="10.0.0.1", replaces=before).token
        assert before != after
        assert book.session(before) is None
        assert book.session(after) is not None

    def test_disabling_ends_sessions_and_signing_in(self, setting: Setting) -> None:
        book = setting.records.people
        token = book.sign_in("operator", PASSWORD, address="10.0.0.1").token
        setting.records.accounts.disable("operator", by="administrator")
        assert book.session(token) is None
        with pytest.raises(BadCredentials):
            book.sign_in("operator", PASSWORD, address="10.0.0.1")
        assert "operator" not in {user.username for user in book.users()}
        with pytest.raises(NotFound):
            setting.records.accounts.disable("nobody", by="administrator")

    def test_a_username_is_taken_once(self, setting: Setting) -> None:
        with pytest.raises(InvalidUser, match="free, got 'operator'"):
            setting.records.people.create_user(
                username="operator", name="x", password=PASSWORD, roles=[Role.AUDITOR], by="tests"
            )

    def test_a_guesser_is_locked_out_and_let_in_again(self, setting: Setting) -> None:
        book = setting.records.people
        for _ in range(5):
            with pytest.raises(BadCredentials):
                book.sign_in("operator", "wrong password", address="10.0.0.1")
        with pytest.raises(LockedOut) as locked:
            book.sign_in("operator", PASSWORD, address="10.0.0.2")
        assert locked.value.retry_at == START + timedelta(minutes=15)
        book.sign_in("auditor", PASSWORD, address="10.0.0.1")
        setting.clock.advance(timedelta(minutes=15).total_seconds())
        book.sign_in("operator", PASSWORD, address="10.0.0.1")

    def test_signing_in_clears_the_failures(self, setting: Setting) -> None:
        book = setting.records.people
        for _ in range(3):
            for _ in range(4):
                with pytest.raises(BadCredentials):
                    book.sign_in("operator", "wrong password", address="10.0.0.1")
            book.sign_in("operator", PASSWORD, address="10.0.0.1")

    def test_guesses_made_at_once_count_too(self, setting: Setting) -> None:
        def guess(i: int) -> type[Exception]:
            try:
                setting.records.people.sign_in("operator", f"wrong password {i}", address=f"10.0.0.{i}")
            except (BadCredentials, LockedOut) as error:
                return type(error)
            raise AssertionError("signed in")

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(guess, range(16)))
        assert outcomes.count(BadCredentials) == 5

    def test_an_address_that_tries_many_names_is_locked_out(self, setting: Setting) -> None:
        book = setting.records.people
        for i in range(30):
            with pytest.raises(BadCredentials):
                book.sign_in(f"guess-{i}", "wrong password", address="10.0.0.1")
        with pytest.raises(LockedOut):
            book.sign_in("operator", PASSWORD, address="10.0.0.1")
        book.sign_in("operator", PASSWORD, address="10.0.0.2")

    def test_machine_tokens(self, setting: Setting) -> None:
        book = setting.records.people
        token = book.create_machine_token(" node-1 ", by="administrator")
        machine = book.machine(token)
        assert machine is not None
        assert (machine.name, machine.created_by) == ("node-1", "administrator")
        assert book.machine_tokens() == (machine,)
        assert book.machine(token.swapcase()) is None
        assert book.machine(token[1:]) is None
        book.revoke_machine_token(machine.token_id, by="administrator")
        book.revoke_machine_token(machine.token_id, by="administrator")
        assert book.machine(token) is None
        assert book.machine_tokens() == (replace(machine, revoked_at=START),)
        with pytest.raises(NotFound):
            book.revoke_machine_token("x", by="administrator")
        with pytest.raises(InvalidUser):
            book.create_machine_token("  ", by="administrator")

    def test_demo_users_can_sign_in_and_are_new_each_time(self, setting: Setting) -> None:
        seeded = seed_demo_users(setting.records, setting.clock)
        setting.clock.advance(1)
        again = seed_demo_users(setting.records, setting.clock)
        assert len({username for username, *_ in seeded + again}) == 2 * len(seeded)
        for username, password, name, roles in seeded:
            user = setting.records.people.sign_in(username, password, address="10.0.0.1").user
            assert (user.name, set(user.roles)) == (name, set(roles))


class TestAudit:
    def test_entries_come_back_as_written_newest_first(self, setting: Setting) -> None:
        before = setting.records.audit.verify().entries
        records = [
            AuditRecord(
                at=START + timedelta(microseconds=i),
                user="u",
                action="a.b",
                subject="川C12345",
                detail=f'{{"n":{i}}}',
            )
            for i in range(3)
        ]
        written = [setting.records.audit.append(record) for record in records]
        assert [entry.record for entry in written] == records
        page = setting.records.audit.page(limit=2)
        assert page == (written[2], written[1])
        assert setting.records.audit.page(before=page[-1].audit_id, limit=1) == (written[0],)
        verdict = setting.open_again().audit.verify()
        assert (verdict.ok, verdict.entries) == (True, before + 3)

    def test_writers_at_once_make_one_chain(self, setting: Setting) -> None:
        before = setting.records.audit.verify().entries
        books = [setting.records, setting.open_again()]
        record = AuditRecord(at=START, user="u", action="a.b")
        with ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(lambda i: books[i % 2].audit.append(record).audit_id, range(40)))
        assert sorted(ids) == list(range(before + 1, before + 41))
        assert setting.records.audit.verify().ok
