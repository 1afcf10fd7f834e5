"""A search as a signed PDF: what was asked, by whom and why; what was found, its pictures and their hashes.

The signature (Ed25519) is a comment behind the end of the PDF, which readers pass over:

    %bukong-report 1 PUBLIC-KEY SIGNATURE

both in hexadecimal, over every byte of the file before that line. Anyone with an Ed25519 implementation can
check it, and so does `bukong central report verify FILE --key PUB`. The key in the file says which key was
used; only one that the reader has from elsewhere says whose it is.
"""

from __future__ import annotations

import contextlib
import hashlib
import html
import io
import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import (
    Flowable,
    Image,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from central.checkpoint import Checkpoint
from central.search_export import row_of
from proto import signature
from proto.passage import Passage

#: Comes with every PDF reader; nothing is embedded.
_FONT = "STSong-Light"
#: File of the signing key, in the centre's data folder.
REPORT_KEY = "report.key"
_CHINA = timezone(timedelta(hours=8))
_SIGNED = re.compile(rb"\n%bukong-report 1 ([0-9a-f]{64}) ([0-9a-f]{128})\n\Z")
_PICTURE_WIDTH = 80 * mm


class NoReport(ValueError):
    """A file that is no report of ours, or no longer the one that was signed; says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What the report says of the search."""

    user: str
    reason: str
    case_number: str
    query: Mapping[str, str]  #: what was asked, as people read it
    audit_id: int
    made_at: datetime
    found: int  #: in all; more than are shown where the report has an end


def report(
    heading: Heading,
    passages: Sequence[Passage],
    checkpoints: Mapping[str, Checkpoint],
    picture: Callable[[str], bytes | None],
    *,
    secret: bytes,
) -> bytes:
    """The signed file.

    Args:
        heading: of the first page.
        passages: in the order in which they are shown.
        checkpoints: by id, for names.
        picture: an image by its SHA-256; None where it is no longer kept.
        secret: the signing key, 32 bytes.
    """
    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(UnicodeCIDFont(_FONT))
    body = ParagraphStyle("body", fontName=_FONT, fontSize=9, leading=13, wordWrap="CJK")
    title = ParagraphStyle("title", parent=body, fontSize=16, leading=24)
    fine = ParagraphStyle("fine", parent=body, fontSize=6.5, leading=9)
    told = [
        ("案件编号 Case", heading.case_number),
        ("查询事由 Reason", heading.reason),
        ("查询人 Asked by", heading.user),
        ("生成时间 Made at", f"{heading.made_at.astimezone(_CHINA):%Y-%m-%d %H:%M:%S} (UTC+8)"),
        ("审计编号 Audit entry", str(heading.audit_id)),
        ("记录数 Passages", f"{len(passages)} / {heading.found}"),
        *heading.query.items(),
    ]
    story: list[Flowable] = [
        Paragraph("车辆轨迹查询报告 Vehicle search report", title),
        _table([[Paragraph(_printed(cell), body) for cell in row] for row in told], [45, 125]),
        Spacer(1, 6 * mm),
    ]
    for number, passage in enumerate(passages, start=1):
        story.append(_entry(number, passage, checkpoints, picture, body, fine))
    file = io.BytesIO()
    SimpleDocTemplate(
        file,
        pagesize=A4,
        title=f"bukong {heading.case_number}",
        author=heading.user,
        leftMargin=18 * mm,
        rightMargin=18 * mm,
        topMargin=15 * mm,
        bottomMargin=15 * mm,
    ).build(story)
    data = file.getvalue()
    public, signed = signature.verify_key_of(secret).hex(), signature.sign(secret, data).hex()
    return data + f"\n%bukong-report 1 {public} {signed}\n".encode()


def verify(data: bytes, *, key: bytes | None = None) -> str:
    """Check a report; returns the key that signed it, in hexadecimal.

    Args:
        data: the file.
        key: the public key that must have signed it; None: any, which shows no more than that it is whole.

    Raises:
        NoReport: it is unsigned, was changed, or another key signed it.
    """
    found = _SIGNED.search(data)
    if found is None:
        raise NoReport("expected a report with a signature behind its end, found none")
    named = bytes.fromhex(found[1].decode())
    if key is not None and key != named:
        raise NoReport(f"expected one signed by {key.hex()}, found one that names {named.hex()}")
    if not signature.is_signed(named, data[: found.start()], bytes.fromhex(found[2].decode())):
        raise NoReport("expected the report as it was signed, found one that was changed since")
    return named.hex()


def key_at(path: Path) -> bytes:
    """The signing key in a file, made where there is none; readable by its owner only.

    Raises:
        OSError: it can't be read or made.
        ValueError: the file holds no key.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(signature.SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: one key only
            os.link(beside, path)
        beside.unlink()
    key = path.read_bytes()
    if len(key) != signature.SECRET_BYTES:
        raise ValueError(f"expected a key of {signature.SECRET_BYTES} bytes in {path}, found {len(key)}")
    return key


def _entry(
    number: int,
    passage: Passage,
    checkpoints: Mapping[str, Checkpoint],
    picture: Callable[[str], bytes | None],
    body: ParagraphStyle,
    fine: ParagraphStyle,
) -> Flowable:
    row = row_of(passage, checkpoints)
    at = passage.captured_at.astimezone(_CHINA)
    line = (
        f"{number}. {at:%Y-%m-%d %H:%M:%S.%f}"[:-3]
        + f"  {row['plate'] or '未识别'}  {row['colour']}  {row['checkpoint']}  "
        + f"车道 {row['lane']}  {row['direction']}  置信度 {row['confidence']}"
    )
    parts: list[Flowable] = [
        Paragraph(_printed(line), body),
        Paragraph(html.escape(f"passage {passage.passage_id}"), fine),
    ]
    for image in passage.evidence:
        data = picture(image.sha256)
        state = "已不保存 no longer kept"
        if data is not None:
            whole = hashlib.sha256(data).hexdigest() == image.sha256
            state = "与记录一致 as recorded" if whole else "与记录不符 NOT as recorded"
        parts.append(Paragraph(html.escape(f"{image.kind} SHA-256 {image.sha256} {state}"), fine))
        if data is not None and (shown := _picture(data)) is not None:
            parts.append(shown)
    return KeepTogether([*parts, Spacer(1, 4 * mm)])


def _picture(data: bytes) -> Flowable | None:
    """None: it can't be shown; its hash stands all the same."""
    try:
        wide, high = ImageReader(io.BytesIO(data)).getSize()
        width = min(_PICTURE_WIDTH, wide * 0.75)
        return Image(io.BytesIO(data), width=width, height=min(width * high / wide, 100 * mm), hAlign="LEFT")
    except (OSError, ValueError, ZeroDivisionError):
        return None


def _table(rows: list[list[Flowable]], widths: list[float]) -> Table:
    table = Table(rows, colWidths=[w * mm for w in widths])
    lines = ("GRID", (0, 0), (-1, -1), 0.3, colors.grey)
    table.setStyle(TableStyle([lines, ("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return table


def _printed(text: str) -> str:
    """As markup. The font has no middle dot but the wide one."""
    return html.escape(text).replace("\u00b7", "\u30fb")
