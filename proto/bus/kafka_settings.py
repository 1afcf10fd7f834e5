"""How the Kafka bus is reached: a section of an edge's and of a centre's settings. Imports no Kafka client."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


class KafkaSettings(BaseModel):
    """The Kafka cluster, where bus.engine is kafka."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    servers: tuple[str, ...] = Field(
        default=("127.0.0.1:9092",), min_length=1, description="host:port of some brokers; the rest is learnt."
    )
    prefix: str = Field(
        default="",
        pattern=r"^[\w.-]{0,64}$",
        description="Before every topic's and group's name, where several installations share a cluster.",
    )
    replication: int = Field(
        default=3,
        ge=1,
        le=7,
        description="Copies of a topic made here; all but one must be in sync to publish.",
    )
    compression: Literal["none", "gzip", "lz4"] = Field(
        default="lz4", description="lz4, gzip (smaller, and slow) or none."
    )
    batch_kib: int = Field(
        default=512, ge=1, le=900, description="Records of one partition that travel together, at most, in KiB."
    )
    linger_ms: int = Field(
        default=5, ge=0, le=1000, description="How long a record waits for others to travel with."
    )
    session_s: float = Field(
        default=10.0, ge=1, le=300, description="A consumer not heard of for so long counts as dead."
    )
    max_poll_s: float = Field(
        default=60.0,
        ge=1,
        le=3600,
        description="A consumer that does not poll for so long loses its partitions.",
    )
    instance: str = Field(
        default="",
        pattern=r"^[\w.-]{0,64}$",
        description="A name of this process, its own among all, makes its consumers static members "
        "(group.instance.id): a restart within session_s moves no partitions. Empty: none.",
    )
    timeout_s: float = Field(
        default=20.0, ge=1, le=300, description="How long a publish or a commit waits for its acknowledgement."
    )
    security: Protocol = Field(
        default="PLAINTEXT",
        description="PLAINTEXT, SSL, SASL_PLAINTEXT (on trusted networks only) or SASL_SSL.",
    )
    ca_file: str = Field(default="", description="PEM of who signed the brokers; empty: the system's.")
    certificate_file: str = Field(
        default="", description="PEM of our own certificate, where brokers ask for it."
    )
    key_file: str = Field(default="", description="PEM of its private key.")
    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = Field(
        default="SCRAM-SHA-512", description="SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN; for SASL_…"
    )
    user: str = Field(default="", description="For SASL_…")
    password: str = Field(
        default="", repr=False, description="For SASL_…; better in the environment, as …__KAFKA__PASSWORD."
    )

    @model_validator(mode="after")
    def _sasl_needs_a_user(self) -> Self:
        if self.security.startswith("SASL") and not (self.user and self.password):
            raise ValueError(f"expected a user and a password with security {self.security}, got none")
        if bool(self.certificate_file) != bool(self.key_file):
            raise ValueError("expected certificate_file and key_file together, got one of them")
        return self

    def client(self) -> dict[str, Any]:
        """What every client of kafka-python is told."""
        values: dict[str, Any] = {
            "bootstrap_servers": list(self.servers),
            "client_id": f"bukong-{self.instance}" if self.instance else "bukong",
            "security_protocol": self.security,
            "bootstrap_timeout_ms": round(self.timeout_s * 1000),
            "request_timeout_ms": round(self.timeout_s * 1000),
            "reconnect_backoff_max_ms": 2_000,
        }
        if self.security.endswith("SSL"):
            values |= {
                "ssl_cafile": self.ca_file or None,
                "ssl_certfile": self.certificate_file or None,
                "ssl_keyfile": self.key_file or None,
            }
        if self.security.startswith("SASL"):
            values |= {
                "sasl_mechanism": self.mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self.password,
            }
        return values
