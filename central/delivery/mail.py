"""Sending by e-mail."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from central.delivery.notice import Words
from central.delivery.post import NotDelivered


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The server that takes our mail."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    sender: str
    username: str = ""
    password: str = ""
    timeout_s: float = 10.0

    def __repr__(self) -> str:
        return f"MailServer({self.host!r}, {self.port})"


def mail_of(delivery_id: str, words: Words, *, sender: str, to: list[str], at: datetime) -> EmailMessage:
    """The same delivery, sent again, has the same Message-ID."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = ", ".join(to)
    mail["Subject"] = words.title
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = f"<{delivery_id}@bukong.invalid>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(words.lines), cte="base64")  # whatever the server takes
    return mail


def send(server: MailServer, mail: EmailMessage, *, tls: ssl.SSLContext) -> None:
    """Blocks for as long as the server takes.

    Raises:
        NotDelivered: it was not taken for every recipient.
    """
    try:
        if server.security == "tls":
            session: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=server.timeout_s, context=tls
            )
        else:
            session = smtplib.SMTP(server.host, server.port, timeout=server.timeout_s)
        with session:
            if server.security == "starttls":
                session.starttls(context=tls)
            if server.username:
                session.login(server.username, server.password)
            refused = session.send_message(mail)
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered(f"expected the mail server to take it, got {type(error).__name__}") from error
    if refused:
        raise NotDelivered(f"expected every recipient to be taken, {len(refused)} were refused")
