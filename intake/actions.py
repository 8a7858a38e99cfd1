"""The door: judge what comes in, then let it pass, refuse it or hold it. Always in bulk; one is a batch of one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection, transaction

from accounts.models import Membership, Platform
from accounts.queries import default_platform_of
from guardians.policy import Policy, policy_at
from intake import submission
from intake.queries import units_by_id
from intake.serializers import UnitIn
from intake.submission import Submission
from interventions.queries.stops import refusals_of
from kit.errors import BadInput, NotAllowed, Problem, Refusal, Unavailable, as_problem
from live.bus import announce_many
from work.models import TERMINAL, Unit

SUBMIT = (Path(__file__).parent / "sql" / "submit.sql").read_text()
EXISTING = (Path(__file__).parent / "sql" / "existing.sql").read_text()

# What the data itself is to blame for (SQLSTATE classes): the one item fails, not its neighbours.
BAD_DATA, BROKEN_RULE = "22", "23"
DEADLOCK, SERIALIZATION = "40P01", "40001"

CROSSED = "Another call wrote the same at this moment; nothing was written. Send it again."


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one submitted unit: 201 made, 200 there already; or a problem, and nothing was written."""

    status: int
    answer: dict[str, Any] | None = None
    problem: Problem | None = None

    @classmethod
    def of(cls, problem: Problem) -> "Result":
        return cls(problem.status, problem=problem)

    def told(self) -> dict[str, Any]:
        """The answer to its caller. Raises the problem."""
        if self.problem is not None:
            raise self.problem
        return self.answer or {}

    def as_item(self) -> dict[str, Any]:
        """Its line in the answer to a batch."""
        if self.problem is not None:
            return {"status": self.status, "problem": as_problem(self.problem)}
        return {"status": self.status, "unit": self.answer}


Judged = Submission | Result


def submit(items: Sequence[UnitIn | Problem], *, actor: Membership) -> list[Result]:
    """Submit units: one result an item, in order. A bad item fails alone.

    The units, their ledger lines, the questions of those held and the hints are one statement, so one
    transaction; this is the plain form of what the micro-batcher does for many callers at once.
    """
    refuse_unless_submitter(actor)
    platform = actor.platform or default_platform_of(actor.organization_id)
    refuse_unless_submitter(actor, platform)
    checked = with_known_parents(items, actor)
    judged = [judge(item, policy_at, actor, platform) for item in checked]
    return in_places(judged, _store(to_write(judged)))


def refuse_unless_submitter(actor: Membership, platform: Platform | None = None) -> None:
    """On that platform; as long as none is known, on any."""
    here = actor.reach("work.submit_unit")
    if not actor.is_system and not (here.covers(platform.pk) if platform else here):
        raise NotAllowed("Your role or key may not submit units of work.")


def refuse_outside_gates(gate: str, actor: Membership) -> None:
    if not actor.may_use_gate(gate):
        raise NotAllowed(f"This key is not for the gate “{gate}”.")


def with_known_parents(items: Sequence[UnitIn | Problem], actor: Membership) -> list[UnitIn | Problem]:
    """The items, those whose parent is unknown or settled turned into their problem."""
    wanted = {item.parent for item in items if isinstance(item, UnitIn) and item.parent}
    if not wanted:
        return list(items)
    found = dict(Unit.objects.visible_to(actor).filter(pk__in=wanted).values_list("pk", "status"))
    return [_parent_problem(item, found) or item for item in items]


def judge(item: UnitIn | Problem, find: Callable[[int, str], Policy], actor: Membership, platform: Platform) -> Judged:
    """Judge one item at the gate that `find` finds, and spell it out; what is wrong with it is its result."""
    if isinstance(item, Problem):
        return Result.of(item)
    try:
        refuse_outside_gates(item.gate, actor)
        policy = find(actor.organization_id, item.gate)
        return submission.prepare(item, policy, actor, platform, datetime.now(UTC))
    except Problem as problem:
        return Result.of(problem)


def to_write(judged: Sequence[Judged]) -> list[Submission]:
    """What goes to the database, in an order all batches share: two that overlap cannot wait for each other."""
    return sorted((one for one in judged if isinstance(one, Submission)), key=lambda one: one.key)


def in_places(judged: Sequence[Judged], written: dict[int, Result]) -> list[Result]:
    return [one if isinstance(one, Result) else written[id(one)] for one in judged]


def results(
    batch: Sequence[Submission],
    taken: Sequence[int],
    stopped: Mapping[str, str] | None,
    found: Sequence[tuple[int, UUID, str]],
) -> list[Result]:
    """What each of a written batch became. `taken` are positions whose external id was there already,
    `found` the units that carry it; `stopped` the positions that a kill switch covers, with the stop."""
    there = {position: (unit_id, request_hash) for position, unit_id, request_hash in found}
    same = [unit_id for position, (unit_id, digest) in there.items() if digest == batch[position].request_hash]
    answers = units_by_id(same) if same else {}
    became = {position: _again(batch[position], there.get(position), answers) for position in taken}
    refused = refusals_of(stopped.values()) if stopped else {}
    became |= {int(position): Result.of(refused[stop]) for position, stop in (stopped or {}).items()}
    return [became.get(position) or Result(201, one.answer) for position, one in enumerate(batch)]


def blame(error: BaseException | None) -> str:
    """Whose fault a database error is: "item" (bisect), "moment" (try singly) or "database" (nobody is served)."""
    state = getattr(error, "sqlstate", None) or ""
    if state[:2] in {BAD_DATA, BROKEN_RULE}:
        return "item"
    return "moment" if state in {DEADLOCK, SERIALIZATION} else "database"


def refused_by_database() -> Result:
    return Result.of(BadInput("The database refused this unit; check its text for characters that cannot be stored."))


def _store(batch: list[Submission]) -> dict[int, Result]:
    """Write a batch; when one item is to blame for its failure, halve until only that one is left out."""
    if not batch:
        return {}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(SUBMIT, submission.parameters(batch) | {"hints": "[]"})
            taken, stopped, _hints_sent = cursor.fetchone()
            announce_many(hint for one in batch for hint in one.hints)
            found = []
            if taken:
                cursor.execute(EXISTING, submission.keys(batch, taken))
                found = cursor.fetchall()
    except DatabaseError as error:
        fault = blame(error.__cause__)
        if fault == "database":
            raise Unavailable("The database did not answer; nothing was written. Send it again.") from error
        if len(batch) == 1:
            return {id(batch[0]): refused_by_database() if fault == "item" else Result.of(Unavailable(CROSSED))}
        middle = len(batch) // 2
        return _store(batch[:middle]) | _store(batch[middle:])
    return {id(one): result for one, result in zip(batch, results(batch, taken, stopped, found), strict=True)}


def _parent_problem(item: UnitIn | Problem, found: dict[UUID, str]) -> Problem | None:
    if isinstance(item, Problem) or item.parent is None:
        return None
    if item.parent not in found:
        return BadInput.field("parent", "there is no such unit of work")
    if found[item.parent] in TERMINAL:
        return Refusal("The parent unit is settled; it takes no more children.")
    return None


def _again(one: Submission, there: tuple[UUID, str] | None, answers: dict[UUID, dict[str, Any]]) -> Result:
    if there is None:
        return Result.of(Unavailable("This unit was being written by another call; send it again."))
    unit_id, digest = there
    if unit_id == one.unit["id"]:  # written by a first try whose answer was lost
        return Result(201, one.answer)
    if digest != one.request_hash:
        return Result.of(
            Refusal(
                f"The external id “{one.unit['external_id']}” already names a unit with other content.",
                id=str(unit_id),
            )
        )
    return Result(200, answers[unit_id])
