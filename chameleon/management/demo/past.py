"""The demo's last day: what was asked and how it ended, written as it would have been written then."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Model

from accounts.models import Membership
from audit.actions import record_past
from audit.models import Entry
from chameleon.management.demo.content import anything
from chameleon.management.demo.people import pilots_of, programs_of
from guardians.policy import policy_at
from intake import submission
from intake.serializers import UnitIn
from intake.submission import Submission
from interventions.models import Claim, Decision, Intervention, Source, Status, Verdict, Vote
from work.models import Status as UnitStatus
from work.models import Unit

DAY = timedelta(hours=24)
ASKED, STILL_OPEN = 1100, 16
FATES = ("approved",) * 23 + ("rejected",) * 7 + ("cancelled", "expired")
SIGNED = ("actor_name", "actor_role", "came_from")  # of a submission: for the ledger, not for its row


@transaction.atomic
def write_past(system: Membership, now: datetime) -> int:
    """A day of questions, once: a demo that has any is left as it is. How many rows were written."""
    if Unit.objects.filter(organization_id=system.organization_id).exists():
        return 0
    past = Past(system.organization_id, now)
    for at in past.moments():
        past.settled(at)
    for at in past.last_moments():
        past.waiting(at)
    return past.write()


class Past:
    """The rows of a day that never was, gathered and then written at once."""

    def __init__(self, organization_id: int, now: datetime) -> None:
        self.now, self.organization_id = now, organization_id
        self.dice = Random(20)  # noqa: S311 -- the same invented day each time
        self.pilots, self.programs = pilots_of(organization_id), programs_of(organization_id)
        self.number = 0
        self.fates = self._fates()
        self.rows: dict[type[Model], list[Any]] = {
            table: [] for table in (Unit, Intervention, Decision, Vote, Claim, Entry)
        }

    def moments(self) -> Iterator[datetime]:
        """Busy by day, quiet at night."""
        some = sorted(self.now - DAY * self.dice.random() for _ in range(ASKED))
        for at in some:
            if self.now - at > timedelta(minutes=40) and self.dice.random() < _bustle(at.hour):
                yield at

    def last_moments(self) -> list[datetime]:
        return sorted(self.now - timedelta(seconds=self.dice.uniform(20, 1500)) for _ in range(STILL_OPEN))

    def settled(self, at: datetime) -> None:
        """Something that was asked then and has ended since; what passed its gate was never asked."""
        unit, question, actor = self._submitted(at)
        if question is None:
            unit.status = UnitStatus.COMPLETED if unit.status != UnitStatus.FAILED else unit.status
            unit.settled_at = unit.settled_at or at + timedelta(seconds=self.dice.uniform(5, 300))
            return
        seen = at + timedelta(seconds=self.dice.uniform(4, 120))
        end = min(seen + timedelta(seconds=self.dice.lognormvariate(5.0, 1.1)), self.now - timedelta(minutes=2))
        fate = next(self.fates)
        if fate == "expired":
            end = min(at + timedelta(minutes=self.dice.uniform(45, 75)), self.now - timedelta(minutes=1))
            question.expires_at = end
        else:
            question.first_seen_at = seen
            self._line(seen, self.dice.choice(self.pilots), "intervention.seen", question)
        self._end(question, unit, actor, fate, end)

    def waiting(self, at: datetime) -> None:
        """Something that was asked minutes ago and still waits; every third is in somebody's hands."""
        _unit, question, _actor = self._submitted(at)
        if question is None or self.number % 3:
            return
        pilot, taken = self.dice.choice(self.pilots), at + timedelta(seconds=15)
        question.status, question.first_seen_at = Status.IN_PROGRESS, taken
        self.rows[Claim].append(Claim(intervention=question, by=pilot, at=taken))
        self._line(taken, pilot, "intervention.claimed", question)

    def write(self) -> int:
        entries = self.rows.pop(Entry)
        for table, made in self.rows.items():
            table._default_manager.bulk_create(made)
        record_past(sorted(entries, key=lambda entry: entry.at))
        return sum(map(len, self.rows.values()))

    def _submitted(self, at: datetime) -> tuple[Unit, Intervention | None, Membership]:
        self.number += 1
        asked = anything(self.dice, self.number)
        actor = self.programs[asked.program]
        assert actor.platform is not None  # noqa: S101 -- programs_of sets it
        item = msgspec.convert(asked.unit, UnitIn)
        made = submission.prepare(item, policy_at(self.organization_id, item.gate), actor, actor.platform, at)
        unit = Unit(**_columns(made.unit), updated_at=at)
        self.rows[Unit].append(unit)
        told = {"gate": item.gate, "outcome": made.unit["verdict"]["outcome"], "content_hash": unit.content_hash}
        self._line(at, actor, "unit.submitted", unit, **told)
        question = _question(made, unit, actor)
        if question is not None:
            self.rows[Intervention].append(question)
            self._line(at, actor, "intervention.raised", question, kind=question.kind, title=question.title)
        return unit, question, actor

    def _end(self, question: Intervention, unit: Unit, actor: Membership, fate: str, at: datetime) -> None:
        """The decision, and what became of the work."""
        first, second = self.dice.sample(self.pilots, 2)
        is_quorum = fate == "approved" and question.required_approvals > 1
        by, source = {
            "expired": (self._system, Source.TIMEOUT_DEFAULT),
            "cancelled": (actor, Source.CANCELLED_BY_CALLER),
        }.get(fate, (first, Source.QUORUM if is_quorum else Source.HUMAN))
        effect = {"approved": UnitStatus.ACTIVE, "cancelled": UnitStatus.CANCELLED}.get(fate, UnitStatus.FAILED)
        reason = self._reason(question) if source in {Source.HUMAN, Source.QUORUM} else ""
        question.status, question.resolution_source = Status(fate), source
        question.settled_at = question.updated_at = unit.updated_at = at
        unit.status = UnitStatus.COMPLETED if fate == "approved" else effect
        unit.settled_at = at + timedelta(seconds=30 if fate == "approved" else 0)
        for voter in (second, first) if is_quorum else ():
            self.rows[Vote].append(Vote(intervention=question, by=voter, act="approve", reason=reason, at=at))
            self._line(at, voter, "intervention.voted", question, act="approve", reason=reason)
        told = {"verdict": str(Verdict(fate)), "source": str(source), "reason": reason, "effect": str(effect)}
        self.rows[Decision].append(
            Decision(
                intervention=question,
                by=by,
                role=by.role_at(question.platform_id),
                content_hash=question.content_hash,
                at=at,
                **told,
            )
        )
        verb = "intervention.expired" if fate == "expired" else "intervention.decided"
        self._line(at, by, verb, question, content_hash=question.content_hash, **told)

    @property
    def _system(self) -> Membership:
        return Membership.objects.get(organization_id=self.organization_id, role__name="System")

    def _reason(self, question: Intervention) -> str:
        presets = question.gate.reason_presets if question.gate else []
        return f"{self.dice.choice(presets)}." if presets and self.dice.random() < 0.6 else "Looked at it."

    def _fates(self) -> Iterator[str]:
        """Dealt like cards, so that a day of few questions has every end too."""
        while True:
            yield from self.dice.sample(FATES, len(FATES))

    def _line(self, at: datetime, by: Membership, verb: str, subject: Model, **data: Any) -> None:
        self.rows[Entry].append(
            Entry(
                organization_id=self.organization_id,
                at=at,
                actor_id=by.pk,
                actor_name=by.name,
                actor_role=by.role_at(getattr(subject, "platform_id", None)),
                platform_id=getattr(subject, "platform_id", None),
                verb=verb,
                subject_type=str(subject._meta.model_name),
                subject_id=str(subject.pk),
                data=data,
            )
        )


def _bustle(hour: int) -> float:
    if 8 <= hour < 17:
        return 0.9
    return 0.5 if 6 <= hour < 20 else 0.2


def _columns(row: dict[str, Any]) -> dict[str, Any]:
    """A submission's row as a model takes it."""
    return {name: _plain(value) for name, value in row.items() if name not in SIGNED}


def _plain(value: Any) -> Any:
    if isinstance(value, (msgspec.Raw, dict, list, tuple)):
        return msgspec.json.decode(msgspec.json.encode(value))
    return value


def _question(made: Submission, unit: Unit, actor: Membership) -> Intervention | None:
    if made.question is None:
        return None
    of_unit = ("organization_id", "platform_id", "title", "description", "requested_by", "callback_url", "created_at")
    shared = {name: getattr(unit, name) for name in of_unit}
    columns = _columns({name: value for name, value in made.question.items() if name != "unit_id"})
    return Intervention(
        unit=unit, requester=actor, context=unit.attributes, updated_at=unit.created_at, **shared, **columns
    )
