"""Whoever calls, as the audit trail names them: a person, or a machine by its token's name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request

from central.api.security import ServicesOf
from central.audit import AuditRecord
from central.people import MachineToken, User


class Caller:
    """Writes down what its own call does, before the call is answered."""

    def __init__(self, request: Request, services: ServicesOf) -> None:
        self._services = services
        who = getattr(request.state, "user", None) or getattr(request.state, "machine", None)
        assert isinstance(who, User | MachineToken), "the route is public: nobody is known"
        self.name = who.username if isinstance(who, User) else f"machine {who.name}"

    def leaves(
        self,
        action: str,
        detail: Mapping[str, Any],
        *,
        subject: str = "",
        reason: str = "",
        case_number: str = "",
    ) -> None:
        """`detail`: what was asked and how much came back.

        Raises:
        StoreUnavailable: it could not be written; then nothing may be answered.
        """
        self._services.records.audit.append(
            AuditRecord(
                at=self._services.clock.now(),
                user=self.name[:64],
                action=action,
                subject=subject,
                reason=reason,
                case_number=case_number,
                detail=json.dumps(dict(detail), ensure_ascii=False),
            )
        )


CurrentCaller = Annotated[Caller, Depends(Caller)]
