"""Delivers what targets are owed, and makes the escalations that the clock owes."""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from uuid import uuid4

import structlog

from central.delivery.mail import MailServer, mail_of, send
from central.delivery.message import refusal, request_of
from central.delivery.notice import Templates
from central.delivery.port import Claim, DeliveryBook, DeliveryState
from central.delivery.post import NotDelivered, Poster
from central.delivery.target import DispatchPolicy, TargetKind, recipients
from central.metrics import CentreMetrics
from central.ports import StoreUnavailable
from central.records import AlertBook
from proto.clock import Clock

#: How long a round waits for work.
_WAIT_S = 0.25
_ESCALATE_EVERY_S = 1.0
_MEASURE_EVERY_S = 15.0
_PRUNE_EVERY_S = 3600.0
#: A lease outlives the longest attempt by so much.
_LEASE_SPARE = timedelta(seconds=30)
#: A mail is several questions to its server, each of which may take as long as an attempt.
_MAIL_SPARE_S = 20.0
_log = structlog.get_logger(__name__)


class Dispatch:
    """A part; several share the work. One round:

    1. escalate the alerts that nobody signed off in time, once a second
    2. claim what is due, as much as there is room for: of each target the oldest, those that never failed first
    3. begin to deliver it, each on a task of its own
    4. wait a moment for the tasks; each tells the book what became of its delivery
    5. measure and let go of what is old, now and then

    Guarantee: what a target is owed is delivered at least once and in order, or found among the dead. A
    delivery whose outcome could not be told, since this process died or the records were away, comes again
    with the same idempotency key when its lease has ended.
    """

    def __init__(
        self,
        alerts: AlertBook,
        book: DeliveryBook,
        *,
        poster: Poster,
        mail: MailServer | None,
        templates: Templates,
        policy: DispatchPolicy,
        clock: Clock,
        metrics: CentreMetrics,
    ) -> None:
        self._alerts = alerts
        self._book = book
        self._poster = poster
        self._mail = mail
        self._templates = templates
        self._policy = policy
        self._clock = clock
        self._metrics = metrics
        self._worker = str(uuid4())
        self._chance = random.Random()
        self._tls = ssl.create_default_context()
        self._tasks: dict[asyncio.Task[None], Claim] = {}
        # Of its own: a mail server that hangs must hold up neither escalations nor other targets.
        self._mailers = ThreadPoolExecutor(max_workers=policy.at_once, thread_name_prefix="mail")
        self._runner = asyncio.Runner()
        self._due: dict[Callable[[], object], float] = {}

    def step(self) -> None:
        self._runner.run(self._round())

    def close(self) -> None:
        """What is under way is broken off; its lease ends by itself."""
        self._mailers.shutdown(wait=False, cancel_futures=True)
        self._runner.close()

    async def _round(self) -> None:
        # 1 escalate
        await self._every(_ESCALATE_EVERY_S, self._escalate)
        # 2 claim
        room = self._policy.at_once - len(self._tasks)
        lease = timedelta(seconds=self._policy.timeout_s) + _LEASE_SPARE
        claims = await asyncio.to_thread(partial(self._book.claim, self._worker, limit=room, lease=lease))
        # 3 begin
        for claim in claims:
            self._tasks[asyncio.create_task(self._deliver(claim))] = claim
        # 4 wait
        if self._tasks:
            done, _ = await asyncio.wait(self._tasks, timeout=_WAIT_S, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                del self._tasks[task]
                task.result()
        else:
            await asyncio.sleep(_WAIT_S)
        # 5 measure, let go
        await self._every(_MEASURE_EVERY_S, self._measure)
        await self._every(_PRUNE_EVERY_S, self._prune)

    async def _every(self, seconds: float, job: Callable[[], object]) -> None:
        now = self._clock.monotonic()
        if now >= self._due.get(job, now):
            await asyncio.to_thread(job)
            self._due[job] = now + seconds

    async def _deliver(self, claim: Claim) -> None:
        delivery, name = claim.delivery, claim.target.request.name
        try:
            await self._sent(claim)
        except NotDelivered as error:
            now = self._clock.now()
            retry_at = self._policy.retry.retry_at(delivery.attempts, now, self._chance)
            outcome = "dead" if retry_at is None else "failed"
            told = partial(self._book.failed, claim, error=str(error), retry_at=retry_at)
            _log.warning(
                "not delivered", target=name, delivery=delivery.delivery_id, attempt=delivery.attempts,
                error=str(error), again_at=retry_at and retry_at.isoformat(),
            )  # fmt: skip
        else:
            outcome = "delivered"
            told = partial(self._book.delivered, claim)
            delay = (self._clock.now() - delivery.created_at).total_seconds()
            self._metrics.delivery_delay.observe(max(0.0, delay))
        self._metrics.deliveries.labels(name, outcome).inc()
        try:
            await asyncio.to_thread(told)
        except StoreUnavailable as error:
            _log.warning("outcome not told", delivery=delivery.delivery_id, error=str(error))

    async def _sent(self, claim: Claim) -> None:
        """Raises:
        NotDelivered: whatever went wrong. What nobody thought of must end among the dead as well: breaking this
            part off it would break off all others' deliveries, and come again for ever.
        """
        try:
            await self._send(claim)
        except NotDelivered:
            raise
        except Exception as error:
            # Where, but not what it says: the address may be in it, and with a robot that is its key.
            where = traceback.extract_tb(error.__traceback__)[-1]
            at = f"{where.filename}:{where.lineno}"
            _log.error(
                "delivery failed", delivery=claim.delivery.delivery_id, error=type(error).__name__, at=at
            )
            raise NotDelivered(f"the centre failed to send it: {type(error).__name__}") from error

    async def _send(self, claim: Claim) -> None:
        target, delivery = claim.target, claim.delivery
        facts = json.loads(claim.body)
        words = self._templates.words(facts, target.request.language)
        if target.request.kind is TargetKind.EMAIL:
            if self._mail is None:
                raise NotDelivered("expected a mail server in the settings, found none")
            mail = mail_of(
                delivery.delivery_id,
                words,
                sender=self._mail.sender,
                to=recipients(target.request.address),
                at=delivery.created_at,
            )
            work = partial(send, self._mail, mail, tls=self._tls)
            try:
                async with asyncio.timeout(self._policy.timeout_s + _MAIL_SPARE_S):
                    await asyncio.get_running_loop().run_in_executor(self._mailers, work)
            except TimeoutError:
                raise NotDelivered("expected the mail server to take it in time, it did not") from None
            return
        request = request_of(target, delivery.delivery_id, facts, words, now=self._clock.now())
        status, answer = await self._poster.post(request)
        why_not = refusal(target.request.kind, status, answer)
        if why_not is not None:
            raise NotDelivered(why_not)

    def _escalate(self) -> None:
        for found in self._alerts.escalate():
            self._metrics.escalations.labels(str(found.order.request.priority)).inc()

    def _measure(self) -> None:
        for of in self._book.figures():
            for state, count in ((DeliveryState.PENDING, of.pending), (DeliveryState.DEAD, of.dead)):
                self._metrics.deliveries_owed.labels(of.name, state.value).set(count)
        now = self._clock.now()
        for source in self._alerts.sources(now - timedelta(days=1)):
            labels = (source.checkpoint_id, source.camera_id, source.tier.value)
            self._metrics.alerts_of_the_day.labels(*labels).set(source.raised)
            self._metrics.false_alerts_of_the_day.labels(*labels).set(source.false_alerts)

    def _prune(self) -> None:
        self._book.prune(self._clock.now() - self._policy.kept, states=[DeliveryState.DELIVERED])
