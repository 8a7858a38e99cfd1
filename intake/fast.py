"""What the fast lane serves: submits that share a statement with other callers', and reads that may be held."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import Membership
from accounts.queries import default_platform_of
from guardians.policy import policy_in_loop
from intake import actions
from intake.actions import Result
from intake.front import Answer, Call, CallerGone, route
from intake.queries import unit_for
from intake.serializers import UnitIn, read_batch, read_unit
from interventions import queries
from interventions.actions import note_caller, note_told
from interventions.queries.stops import known_in_loop, refusal_of
from kit.errors import NotThere, Problem
from live.hub import the_hub
from live.watches import Watch

ID = r"(?P<id>[0-9a-fA-F-]{32,36})"
# A client that polls in a loop is between two calls for a moment, and still listens.
BETWEEN_POLLS = timedelta(seconds=5)

# What was stopped before the call came is told soon, but not so soon that its caller would ask in circles.
STOPPED_SECONDS = 5.0

WAITING_UNIT = frozenset({"pending", "awaiting_pilot", "paused"})
OPEN_QUESTION = frozenset({"pending", "in_progress", "awaiting_requester"})

Read = Callable[[Membership, UUID], dict[str, Any]]


async def submit_unit(call: Call) -> Answer:
    """POST /api/units"""
    actions.refuse_unless_submitter(call.actor)
    result = await submit_one(call, read_unit(await call.body()))
    return result.status, result.told()


async def submit_one(call: Call, item: UnitIn) -> Result:
    """Judge one unit and have it written with whatever else is on its way."""
    actor, threads = call.actor, call.lane.threads
    actions.refuse_outside_gates(item.gate, actor)  # before anything is said about the gate
    await _refuse_early(call, item)
    policy = await policy_in_loop(actor.organization_id, item.gate, threads)
    checked: UnitIn | Problem = item
    if item.parent is not None:
        (checked,) = await threads.run(actions.with_known_parents, [item], actor)
    platform = actor.platform
    if platform is None:
        platform = await threads.run(default_platform_of, actor.organization_id)
    actions.refuse_unless_submitter(actor, platform)
    judged = actions.judge(checked, lambda _organization, _gate: policy, actor, platform)
    return judged if isinstance(judged, Result) else await call.lane.batcher.write(judged)


async def _refuse_early(call: Call, item: UnitIn) -> None:
    """While a stop is on, its callers come again and again: they need not all be judged, and ask the database."""
    actor = call.actor
    known = await known_in_loop(actor.organization_id, call.lane.threads)
    if not known:
        return
    platform = actor.platform.slug if actor.platform else ""
    covering = [one for one in known if one.covers(gates=(item.gate,), platform=platform, workflow=item.workflow)]
    if covering:
        await call.lane.threads.run(note_told, covering[0].pk, actor=actor)
        raise refusal_of(covering[0])


async def submit_batch(call: Call) -> Answer:
    """POST /api/units/batch: large enough to be a statement of its own."""
    items = read_batch(await call.body())
    results = await call.lane.threads.run(actions.submit, items, actor=call.actor)
    return 200, [result.as_item() for result in results]


async def get_unit(call: Call) -> Answer:
    """GET /api/units/{id}?wait="""
    return 200, await told_if_stopped(
        call, await hold(call, read_id(call), "work.unit", unit_for, until=unit_is_settled)
    )


async def get_intervention(call: Call) -> Answer:
    """GET /api/interventions/{id}?wait="""
    return 200, await told_if_stopped(
        call, await hold(call, read_id(call), "interventions.detail", question_for, until=question_is_settled)
    )


async def hold(
    call: Call,
    key: UUID,
    topic: str,
    read: Read,
    *,
    until: Callable[[dict[str, Any]], bool],
    default_wait: float = 0,
) -> dict[str, Any]:
    """Read, and read again when it changes, until it is settled or the time is up.

    The waiter holds no thread and no connection. It listens before it reads, so that no change
    falls between the two. When it is stopped, or goes on, meanwhile, the caller is told at once.
    """
    deadline = asyncio.get_running_loop().time() + call.wait_seconds(default_wait)
    async with the_hub().watch(topic, str(key)) as watch:
        found = await call.lane.threads.run(read, call.actor, key)
        left = deadline - asyncio.get_running_loop().time()
        if until(found) or left <= 0:
            return found
        known = found.get("stopped")
        if known:
            deadline = min(deadline, asyncio.get_running_loop().time() + STOPPED_SECONDS)
        async with _caller_listening(call, found, left):
            while not (until(found) or watch.is_over) and (left := deadline - asyncio.get_running_loop().time()) > 0:
                if await _changed_or_gone(call, watch, left):
                    found = await call.lane.threads.run(read, call.actor, key)
                if found.get("stopped") != known:
                    break
    return found


async def told_if_stopped(call: Call, found: dict[str, Any]) -> dict[str, Any]:
    """The answer; when it says that the caller's work is stopped, that is noted. To have asked about it is to know."""
    stopped = found.get("stopped")
    if stopped:
        acknowledged = found.get("status") == "paused"
        await call.lane.threads.run(note_told, UUID(stopped["stop"]), actor=call.actor, acknowledged=acknowledged)
    return found


def unit_is_settled(unit: dict[str, Any]) -> bool:
    """Whether its caller has something to act on."""
    return unit["status"] not in WAITING_UNIT


def question_is_settled(question: dict[str, Any]) -> bool:
    return question["status"] not in OPEN_QUESTION


def question_for(actor: Membership, intervention_id: UUID) -> dict[str, Any]:
    return queries.as_full(queries.intervention_for(actor, intervention_id))


def read_id(call: Call) -> UUID:
    try:
        return UUID(call.parameters["id"])
    except ValueError:
        raise NotThere("There is nothing of that id.") from None


async def _changed_or_gone(call: Call, watch: Watch, seconds: float) -> bool:
    """Whether to read again. Raises CallerGone when the caller hangs up first."""
    changed = asyncio.ensure_future(watch.changed(seconds))
    gone = asyncio.ensure_future(call.gone())
    try:
        await asyncio.wait({changed, gone}, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            raise CallerGone
        return changed.result()
    finally:
        for task in (changed, gone):
            task.cancel()


@contextlib.asynccontextmanager
async def _caller_listening(call: Call, found: dict[str, Any], seconds: float) -> AsyncIterator[None]:
    """While its caller waits, the question shows it; a caller that hangs up is shown as gone at once."""
    question = _question_in(found)
    if question is None:
        yield
        return
    until = datetime.now(UTC) + timedelta(seconds=seconds) + BETWEEN_POLLS
    await call.lane.threads.run(note_caller, question, actor=call.actor, waits_until=until)
    try:
        yield
    except CallerGone:
        await call.lane.threads.run(note_caller, question, actor=call.actor, waits_until=None, instead_of=until)
        raise


def _question_in(found: dict[str, Any]) -> UUID | None:
    """The open question an answer is awaited for: the thing itself, or the unit's."""
    question = found.get("intervention") if "intervention" in found else found
    return UUID(question["id"]) if question and question["status"] in OPEN_QUESTION else None


route("POST", r"/api/units", submit_unit)
route("POST", r"/api/units/batch", submit_batch)
route("GET", rf"/api/units/{ID}", get_unit, sessions=True)
route("GET", rf"/api/interventions/{ID}", get_intervention, sessions=True)
