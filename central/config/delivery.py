"""How alerts leave the centre."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, SecretStr

from central.config.section import ENVIRONMENT_PREFIX, Days, OptionalPath, Section
from central.delivery.mail import MailServer
from central.delivery.target import DispatchPolicy, RetryPolicy


class DispatchSettings(Section):
    """How alerts are delivered to targets: webhooks, robots, e-mail."""

    allow_private: bool = Field(
        default=False,
        description="Whether targets may be in private networks, and by plain HTTP. A target is posted to by "
        "the centre: whoever may set one could reach into the centre's own network.",
    )
    timeout_s: float = Field(default=10.0, ge=1, le=60, description="Seconds that one attempt may take.")
    at_once: int = Field(default=32, ge=1, le=500, description="Deliveries under way at once, at most.")
    attempts: int = Field(default=12, ge=1, le=100, description="Then a delivery is given up.")
    retry_first_s: float = Field(
        default=2.0, gt=0, le=3600, description="Seconds before the second attempt; doubled with each."
    )
    retry_longest_s: float = Field(default=600.0, gt=0, le=86_400, description="No wait is longer.")
    kept_days: Days = Field(default=30, description="How long it is known what was delivered.")
    ca_file: OptionalPath = Field(
        default=None, examples=[""], description="Authorities to trust beside the system's (PEM); empty: none."
    )
    templates: OptionalPath = Field(
        default=None,
        examples=[""],
        description="Folder of one's own texts (zh-CN.toml, en.toml); empty: the built-in ones.",
    )

    def policy(self) -> DispatchPolicy:
        return DispatchPolicy(
            timeout_s=self.timeout_s,
            at_once=self.at_once,
            retry=RetryPolicy(
                first=timedelta(seconds=self.retry_first_s),
                longest=timedelta(seconds=self.retry_longest_s),
                attempts=self.attempts,
            ),
            kept=timedelta(days=self.kept_days),
        )


class MailSettings(Section):
    """The server that takes mail for targets of the kind email."""

    host: str = Field(default="", description="Empty: no e-mail.")
    port: int = Field(default=465, ge=1, le=65_535, description="465 for tls, 587 for starttls as a rule.")
    security: Literal["tls", "starttls", "none"] = Field(default="tls", description="none: in clear text.")
    sender: str = Field(default="bukong@localhost", description="Whom mails are from.")
    username: str = Field(default="", description="Empty: without signing in.")
    password: SecretStr = Field(
        default=SecretStr(""), description=f"Better not in a file: {ENVIRONMENT_PREFIX}MAIL__PASSWORD."
    )

    def server(self, *, timeout_s: float) -> MailServer | None:
        if not self.host:
            return None
        return MailServer(
            host=self.host,
            port=self.port,
            security=self.security,
            sender=self.sender,
            username=self.username,
            password=self.password.get_secret_value(),
            timeout_s=timeout_s,
        )
