"""Saved cases, in the database."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from central.audit import AuditRecord
from central.investigation.case import (
    MOST_CASES,
    MOST_QUESTIONS,
    Case,
    CaseTaken,
    Question,
    QuestionKind,
    SavedQuestion,
    TooManySaved,
    joined,
)
from central.people import User
from central.records import schema
from central.records.database import Database, Transaction
from central.records.port import NotFound
from central.records.trail import SqlAuditLog
from proto.clock import Clock
from proto.identity import uuid7

_TABLE, _QUESTIONS = schema.cases, schema.case_questions


class SqlCaseBook:
    """See `central.investigation.case.CaseBook`."""

    def __init__(self, database: Database, clock: Clock, trail: SqlAuditLog) -> None:
        self._database = database
        self._clock = clock
        self._trail = trail

    def open(self, *, case_number: str, reason: str, by: User) -> Case:
        now = self._clock.now()
        case = Case(
            case_id=str(uuid7(now)),
            username=by.username,
            case_number=case_number,
            reason=reason,
            areas=by.areas,
            opened_at=now,
            changed_at=now,
            questions=0,
        )
        own = _TABLE.c.username == by.username
        with self._database.write() as tx:
            taken = tx.connection.scalar(
                select(func.count()).select_from(_TABLE).where(own, _TABLE.c.case_number == case_number)
            )
            if taken:
                raise CaseTaken(f"expected a case that you have not saved yet, got {case_number!r}")
            if (tx.connection.scalar(select(func.count()).select_from(_TABLE).where(own)) or 0) >= MOST_CASES:
                raise TooManySaved(f"expected at most {MOST_CASES} cases of one person: discard some")
            tx.connection.execute(
                insert(_TABLE).values(
                    case_id=case.case_id,
                    username=case.username,
                    case_number=case_number,
                    reason=reason,
                    areas=sorted(by.areas),
                    opened_at=now,
                    changed_at=now,
                    last_number=0,
                )
            )
            self._entry(tx, "case.open", case, by=by.username)
        return case

    def of(self, username: str) -> tuple[Case, ...]:
        with self._database.read() as connection:
            return _cases(connection, _TABLE.c.username == username, limit=MOST_CASES)

    def all(self, *, limit: int) -> tuple[Case, ...]:
        with self._database.read() as connection:
            return _cases(connection, limit=limit)

    def get(self, case_id: str) -> Case:
        with self._database.read() as connection:
            return _one(connection, case_id)

    def read(self, case_id: str, *, by: User) -> tuple[Case, tuple[SavedQuestion, ...]]:
        query = select(_QUESTIONS).where(_QUESTIONS.c.case_id == case_id).order_by(_QUESTIONS.c.number.desc())
        with self._database.write() as tx:
            case = _one(tx.connection, case_id)
            found = tuple(_saved(row) for row in tx.connection.execute(query))
            self._entry(tx, "case.read", case, by=by.username, of=case.username, questions=len(found))
        return case, found

    def keep(self, case_id: str, question: Question, *, by: User) -> SavedQuestion:
        now = self._clock.now()
        with self._database.write() as tx:
            case = _one(tx.connection, case_id, owner=by.username)
            if case.questions >= MOST_QUESTIONS:
                raise TooManySaved(f"expected at most {MOST_QUESTIONS} questions in a case: take some out")
            last = tx.connection.scalar(select(_TABLE.c.last_number).where(_TABLE.c.case_id == case_id)) or 0
            saved = SavedQuestion(number=last + 1, question=question, saved_at=now)
            tx.connection.execute(
                insert(_QUESTIONS).values(
                    case_id=case_id,
                    number=saved.number,
                    kind=question.kind,
                    name=question.name,
                    subject=question.subject,
                    asked=dict(question.asked),
                    saved_at=now,
                )
            )
            tx.connection.execute(
                update(_TABLE)
                .where(_TABLE.c.case_id == case_id)
                .values(last_number=saved.number, changed_at=now, areas=sorted(joined(case.areas, by.areas)))
            )
            more = {"kind": question.kind, "name": question.name, "number": saved.number}
            self._entry(tx, "case.keep", case, by=by.username, subject=question.subject, **more)
        return saved

    def let_go(self, case_id: str, number: int, *, by: User) -> None:
        one = (_QUESTIONS.c.case_id == case_id, _QUESTIONS.c.number == number)
        with self._database.write() as tx:
            case = _one(tx.connection, case_id, owner=by.username)
            row = tx.connection.execute(select(_QUESTIONS).where(*one)).one_or_none()
            if row is None:
                raise NotFound(f"no question {number} in case {case_id!r}")
            tx.connection.execute(delete(_QUESTIONS).where(*one))
            self._entry(tx, "case.let_go", case, by=by.username, subject=row.subject, number=number)

    def discard(self, case_id: str, *, by: User) -> None:
        with self._database.write() as tx:
            case = _one(tx.connection, case_id, owner=by.username)
            _forget(tx.connection, [case_id])
            self._entry(tx, "case.discard", case, by=by.username, questions=case.questions)

    def delete_before(self, moment: datetime) -> int:
        with self._database.write() as tx:
            gone = tx.connection.scalars(select(_TABLE.c.case_id).where(_TABLE.c.changed_at < moment)).all()
            _forget(tx.connection, gone)
        return len(gone)

    def _entry(
        self, tx: Transaction, action: str, case: Case, *, by: str, subject: str = "", **more: Any
    ) -> None:
        self._trail.put(
            tx,
            AuditRecord(
                at=self._clock.now(),
                user=by,
                action=action,
                subject=subject,
                reason=case.reason,
                case_number=case.case_number,
                detail=json.dumps({"case": case.case_id, **more}, ensure_ascii=False),
            ),
        )


def _forget(connection: Connection, case_ids: Sequence[str]) -> None:
    for case_id in case_ids:
        connection.execute(delete(_QUESTIONS).where(_QUESTIONS.c.case_id == case_id))
        connection.execute(delete(_TABLE).where(_TABLE.c.case_id == case_id))


def _cases(connection: Connection, *where: Any, limit: int) -> tuple[Case, ...]:
    counts = (
        select(_QUESTIONS.c.case_id, func.count().label("questions")).group_by(_QUESTIONS.c.case_id).subquery()
    )
    query = (
        select(_TABLE, func.coalesce(counts.c.questions, 0).label("questions"))
        .outerjoin(counts, counts.c.case_id == _TABLE.c.case_id)
        .where(*where)
        .order_by(_TABLE.c.changed_at.desc(), _TABLE.c.case_id.desc())
        .limit(limit)
    )
    return tuple(_case(row) for row in connection.execute(query))


def _one(connection: Connection, case_id: str, *, owner: str | None = None) -> Case:
    # PostgreSQL can't even be asked for one with a zero in it.
    found = () if "\0" in case_id else _cases(connection, _TABLE.c.case_id == case_id, limit=1)
    if not found or owner not in (None, found[0].username):
        raise NotFound(f"no case {case_id!r}")
    return found[0]


def _case(row: Row[Any]) -> Case:
    return Case(
        case_id=row.case_id,
        username=row.username,
        case_number=row.case_number,
        reason=row.reason,
        areas=frozenset(row.areas),
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        questions=row.questions,
    )


def _saved(row: Row[Any]) -> SavedQuestion:
    question = Question(kind=QuestionKind(row.kind), name=row.name, subject=row.subject, asked=row.asked)
    return SavedQuestion(number=row.number, question=question, saved_at=row.saved_at)
