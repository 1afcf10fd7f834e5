"""Where a page of passages ended, as an opaque string."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

from starlette.exceptions import HTTPException

from central.api.moment import within_years
from central.ports import Cursor


def write(cursor: Cursor | None) -> str | None:
    """The string that `read` understands; None stays None."""
    if cursor is None:
        return None
    return base64.urlsafe_b64encode(f"{cursor.captured_at.isoformat()} {cursor.passage_id}".encode()).decode()


def read(text: str | None) -> Cursor | None:
    """Raises:
    HTTPException: 422, it was not made by `write`.
    """
    if text is None:
        return None
    try:
        at, _, passage_id = base64.urlsafe_b64decode(text).decode().partition(" ")
        captured_at = datetime.fromisoformat(at)
        if captured_at.tzinfo is None:
            raise ValueError("no time zone")
        return Cursor(captured_at=within_years(captured_at), passage_id=UUID(passage_id))
    except (ValueError, binascii.Error) as error:
        raise HTTPException(422, "expected a cursor as the page before gave it, got something else") from error
