"""Saved cases (案件): what one person asked for one case, kept so that it can be asked again. Pure.

A case holds questions and no answers: asking one again is another question, with its own entry in the trail
and within what its owner may see by then. It is its owner's; a supervisor may read it who sees all of the areas
that the owner had whenever they put something into it.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from central.people import User

#: Cases of one person, questions of one case.
MOST_CASES, MOST_QUESTIONS = 500, 500


class QuestionKind(enum.StrEnum):
    """Of what kind a saved question is."""

    SEARCH = "search"  #: of passages
    ANALYSIS = "analysis"
    JOB = "job"  #: an analysis that was asked as a job; its findings are the job's and go with it


class CaseTaken(Exception):
    """The person has a case of that number already; says so."""


class TooManySaved(Exception):
    """As many cases, or questions in one, as there may be; says how many that is."""


class InvalidQuestion(ValueError):
    """A question to be saved that nobody could ask; says what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One to be saved."""

    kind: QuestionKind
    name: str  #: as its owner calls it
    subject: str  #: the plate or pattern that it is about; empty: no single one
    asked: Mapping[str, Any]  #: as the route of its kind takes it, without reason and case number


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuestion:
    """One that was saved."""

    number: int  #: from 1 within its case, never given twice
    question: Question
    saved_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One person's case."""

    case_id: str
    username: str
    case_number: str
    reason: str
    #: Of its owner, whenever they put something in, all together; empty: the whole network.
    areas: frozenset[str]
    opened_at: datetime
    changed_at: datetime
    questions: int  #: how many it holds


def joined(before: Collection[str], now: Collection[str]) -> frozenset[str]:
    """Two sets of areas together; empty, the whole network, is more than any."""
    return frozenset(before) | frozenset(now) if before and now else frozenset()


class CaseBook(Protocol):
    """Saved cases. Whatever changes or reads one's questions is in the trail, in the same transaction."""

    def open(self, *, case_number: str, reason: str, by: User) -> Case:
        """A new one, empty.

        Raises:
            CaseTaken: they have one of that number.
            TooManySaved: they have as many as they may.
        """
        ...

    def of(self, username: str) -> tuple[Case, ...]:
        """All of one person, the most lately changed first."""
        ...

    def all(self, *, limit: int) -> tuple[Case, ...]:
        """Everybody's, the most lately changed first."""
        ...

    def get(self, case_id: str) -> Case:
        """Raises:
        NotFound: there is none.
        """
        ...

    def read(self, case_id: str, *, by: User) -> tuple[Case, tuple[SavedQuestion, ...]]:
        """The case with its questions, the newest first; that `by` read it is written down.

        Raises:
            NotFound: there is none.
        """
        ...

    def keep(self, case_id: str, question: Question, *, by: User) -> SavedQuestion:
        """Put a question into one's own case.

        Raises:
            NotFound: there is none, or it is somebody else's.
            TooManySaved: it holds as many as it may.
        """
        ...

    def let_go(self, case_id: str, number: int, *, by: User) -> None:
        """Take a question out of one's own case.

        Raises:
            NotFound: there is no such case or question, or it is somebody else's.
        """
        ...

    def discard(self, case_id: str, *, by: User) -> None:
        """Let go of one's own case, with all that it holds. What the trail tells of it stays.

        Raises:
            NotFound: there is none, or it is somebody else's.
        """
        ...

    def delete_before(self, moment: datetime) -> int:
        """Let go of those that nobody changed since; returns how many went."""
        ...
