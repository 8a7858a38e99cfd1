"""What the worker does: the clock's turn, and telling callers what was decided."""

import asyncio
import functools
import logging
import ssl
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import httpx
import msgspec
from django.db.models import Exists, Q, QuerySet
from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from accounts.models import Organization
from accounts.queries import system_of
from interventions import actions, queries
from interventions.callbacks import address_of
from interventions.models import Claim, Hold, Intervention, Stop
from interventions.queries.hands import lapsed
from interventions.queries.wording import Letter
from kit.database import OrmThreads
from kit.errors import Refusal

logger = logging.getLogger(__name__)

BATCH = 500
ORGANIZATION = "intervention__organization_id"
DELIVERY_SECONDS = 15.0
GONE = 410  # "do not ask again"

_threads = OrmThreads("deliveries", 2)


class NotDelivered(Exception):
    """It went wrong this time: the queue tries again."""


@app.periodic(cron="* * * * * *", periodic_id="interventions.expire_due")  # seconds come last
@app.task(name="interventions.expire_due", queue="timers", priority=100, queueing_lock="interventions.expire_due")
def expire_due(timestamp: int) -> int:
    """Carry out what can no longer be undone, then end what has run out of time: what was pressed comes first.

    Each in its own transaction: one that fails holds up no other.
    """
    now = timezone.now()
    held = Hold.objects.filter(until__lte=now).order_by("until").values_list("intervention_id", ORGANIZATION)[:BATCH]
    done = sum(_turn(actions.carry_out, pk, organization_id, now) for pk, organization_id in list(held))
    running = Intervention.objects.out_of_time(now).exclude(Exists(Stop.objects.all().over_question()))
    due = running.order_by("expires_at").values_list("pk", "organization_id")[:BATCH]
    return done + sum(_turn(actions.expire, pk, organization_id, now) for pk, organization_id in list(due))


def _turn(deed: Callable[..., Any], intervention_id: UUID, organization_id: int, now: datetime) -> bool:
    try:
        return deed(intervention_id, organization_id=organization_id, now=now) is not None
    except Exception:
        # The oldest come first: one that always fails would keep every other from ever ending.
        logger.exception("The question %s could not be ended.", intervention_id)
        return False


@app.periodic(cron="* * * * * */15", periodic_id="interventions.free_hands")
@app.task(name="interventions.free_hands", queue="timers", priority=50, queueing_lock="interventions.free_hands")
def free_hands(timestamp: int) -> int:
    """Take claims off questions that were left alone, and forget who no longer looks. Harmless to run twice."""
    now = timezone.now()
    actions.sweep_looks(now)
    return _free(Claim.objects.all(), now)


@app.periodic(cron="37 2 * * *", periodic_id="interventions.apply_retention")
@app.task(name="interventions.apply_retention", queueing_lock="interventions.apply_retention")
def apply_retention(timestamp: int) -> int:
    """Every night: remove what organizations no longer keep. Harmless to run twice."""
    now = timezone.now()
    limited = Organization.objects.exclude(keep_settled_days=None).values_list("pk", flat=True)
    return sum(_removed(pk, now) for pk in list(limited.order_by("pk")))


def _removed(organization_id: int, now: datetime) -> int:
    try:
        return sum(actions.apply_retention(organization_id, now=now).values())
    except Exception:
        logger.exception("Not all of what organization %s no longer keeps could be removed.", organization_id)
        return 0


@app.task(name="interventions.take_over", queue="timers", priority=50)
def take_over(*, membership_id: int) -> int:
    """A member has gone away or come back: free what they hold, and show anew what is theirs."""
    freed = _free(Claim.objects.filter(by=membership_id), timezone.now())
    actions.show_what_is_given(membership_id)
    return freed


@app.task(name="interventions.pass_on", queue="timers", priority=50)
def pass_on(*, membership_id: int, heir_id: int | None) -> int:
    """A member has left: what they have claimed or were assigned goes on, each by itself. Harmless to run twice."""
    theirs = Intervention.objects.open().filter(Q(claim__by=membership_id) | Q(assigned_to=membership_id))
    found = list(theirs.values_list("pk", "organization_id"))
    return sum(_passed_on(pk, organization_id, membership_id, heir_id) for pk, organization_id in found)


def _passed_on(intervention_id: UUID, organization_id: int, left: int, heir: int | None) -> bool:
    try:
        return actions.pass_on(intervention_id, organization_id=organization_id, left=left, heir=heir) is not None
    except Exception:
        logger.exception("The question %s could not be passed on.", intervention_id)
        return False


def _free(claims: QuerySet[Claim], now: datetime) -> int:
    stale = lapsed(claims, now).values_list("intervention_id", ORGANIZATION)[:BATCH]
    return sum(_turn(actions.lapse_claim, pk, organization_id, now) for pk, organization_id in list(stale))


@app.task(name="interventions.carry_out_stop", queue="timers", priority=100)
def carry_out_stop(*, stop_id: str) -> None:
    """What whoever pulled the kill switch was not kept waiting for. Takes only what still stands as it was."""
    actions.bring_to_rest(UUID(stop_id))


@app.task(name="interventions.let_go_of_stop", queue="timers", priority=100)
def let_go_of_stop(*, stop_id: str, cancels: bool) -> None:
    """The same for what is let go again."""
    actions.let_go(UUID(stop_id), cancels=cancels)


@app.task(
    name="interventions.tell_caller",
    queue="deliveries",
    # Again after 4 s, 16 s, 1 min, 4 min, 17 min, 68 min and 4.6 hours.
    retry=RetryStrategy(max_attempts=7, exponential_wait=4),
)
async def tell_caller(*, intervention_id: str) -> None:
    """POST the outcome to the caller's URL; anything but 2xx is tried again.

    Not sent again once it was delivered. It may still arrive twice, when the worker dies between
    the answer and writing it down: `webhook-id` tells.
    """
    letter = await _threads.run(queries.letter_about, UUID(intervention_id))
    if letter.is_delivered:
        return
    code, error, again = None, "", True
    try:
        async with asyncio.timeout(DELIVERY_SECONDS):
            code = await _post(letter)
    except Refusal as refused:  # asked again, it would lead to the same place
        error, again = refused.sentence, False
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as wrong:  # OSError: no such name, and the timeout above
        error = f"{type(wrong).__name__}: {wrong}"
    await _threads.run(_note, letter, UUID(intervention_id), code, error)
    if again and code != GONE and (code is None or not httpx.codes.is_success(code)):
        raise NotDelivered(f"{letter.url}: {code or error}")


async def _post(letter: Letter) -> int:
    """The status code. What the receiver says beyond it is not read, however long; nor is it followed elsewhere."""
    url = httpx.URL(letter.url)
    headers = {
        "Host": url.netloc.decode("ascii"),
        "Content-Type": "application/json",
        "User-Agent": "Chameleon",
        "Webhook-Id": letter.body["intervention"]["id"],
    }
    to = url.copy_with(host=await address_of(url))
    async with (
        httpx.AsyncClient(verify=_trusted(), timeout=DELIVERY_SECONDS) as client,
        client.stream(
            "POST",
            to,
            content=msgspec.json.encode(letter.body),
            headers=headers,
            extensions={"sni_hostname": url.raw_host.decode("ascii")},  # the certificate must be that of the name
        ) as answer,
    ):
        return answer.status_code


def _note(letter: Letter, intervention_id: UUID, code: int | None, error: str) -> None:
    actions.note_delivery(intervention_id, actor=system_of(letter.organization_id), status_code=code, error=error)


@functools.cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # 20 ms to build
