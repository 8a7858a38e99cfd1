"""The demo goes on: programs ask, invented pilots answer, for as long as the server runs."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from random import Random

import msgspec
from django.db import Error, close_old_connections, connection
from django.utils import timezone

from accounts.models import DEMO, Membership, Organization
from chameleon.management.demo.content import a_doubt, anything
from chameleon.management.demo.people import pilots_of, programs_of
from intake.actions import submit
from intake.serializers import UnitIn
from interventions import actions
from interventions.actions import Question
from interventions.models import Comment, Intervention, InterventionQuerySet, Status
from kit.errors import Problem
from work import actions as work
from work.models import Status as UnitStatus
from work.models import Unit

log = logging.getLogger(__name__)

FEWEST, MOST = 12, 22  # open questions
PATIENCE = timedelta(seconds=45)  # the visitor sees a question first
STEP = (1.5, 5.0)  # seconds between two events
REMARKS = ("I know this one, give me a minute.", "Same as yesterday.", "Who owns this service now?")
DOUBTS = ("Which customer asked for it?", "Is there a ticket?", "Was the other account checked?")


class Stream:
    """A thread that plays everybody but the visitor."""

    def __init__(self, dice: Random | None = None) -> None:
        self.dice = dice or Random()  # noqa: S311 -- plays, guards nothing
        self.organization_id = Organization.objects.get(slug=DEMO).pk
        self.pilots, self.programs = pilots_of(self.organization_id), programs_of(self.organization_id)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        while not self._stop.wait(self.dice.uniform(*STEP)):
            try:
                self.turn()
            except Problem:
                pass  # the visitor, or the clock, was quicker
            except Error as error:
                log.warning("The demo pauses: %s", error)
            finally:
                close_old_connections()
        connection.close()

    def turn(self) -> None:
        """One thing that somebody does now."""
        waiting = self._open().count()
        if waiting < FEWEST:
            return self.ask()
        if waiting > MOST:
            return self.settle()
        plays: tuple[tuple[Callable[[], None], int], ...] = (
            (self.ask, 40),
            (self.settle, 30),
            (self.claim, 10),
            (self.ask_back, 4),
            (self.reply, 8),
            (self.remark, 4),
            (self.wait, 12),
            (self.finish, 12),
        )
        acts, weights = zip(*plays, strict=True)
        self.dice.choices(acts, weights)[0]()
        return None

    def ask(self) -> None:
        if self.dice.random() < 0.08:
            actions.raise_intervention(Question(**a_doubt(self.dice)), actor=self.programs["kestrel"])
            return
        asked = anything(self.dice, time.time_ns() // 1_000_000)
        submit([msgspec.convert(asked.unit, UnitIn)], actor=self.programs[asked.program])

    def settle(self) -> None:
        question = self._some(self._theirs().filter(created_at__lt=timezone.now() - PATIENCE))
        if question is None:
            return
        pilot = self._hand_of(question)
        if question.kind == "clarification":
            actions.answer(question.pk, answer={"address": "the one on the order"}, actor=pilot)
        elif self.dice.random() < 0.78:
            actions.approve(question.pk, reason=self._reason(question), actor=pilot)
        else:
            actions.reject(question.pk, reason=self._reason(question), actor=pilot)

    def claim(self) -> None:
        question = self._some(self._theirs().filter(status=Status.PENDING))
        if question is not None:
            actions.claim(question.pk, actor=self.dice.choice(self.pilots))

    def ask_back(self) -> None:
        question = self._some(self._theirs().filter(status=Status.PENDING))
        if question is not None:
            actions.clarify(question.pk, message=self.dice.choice(DOUBTS), actor=self.dice.choice(self.pilots))

    def reply(self) -> None:
        question = self._some(self._open().filter(status=Status.AWAITING_REQUESTER))
        if question is not None:
            actions.reply(question.pk, message="Yes: it is in the order's notes.", actor=self._asker_of(question))

    def remark(self) -> None:
        question = self._some(self._theirs())
        if question is not None and not Comment.objects.filter(intervention=question).exists():
            actions.comment(question.pk, body=self.dice.choice(REMARKS), actor=self.dice.choice(self.pilots))

    def wait(self) -> None:
        """A caller hangs on the line."""
        question = self._some(self._open())
        if question is not None:
            until = timezone.now() + timedelta(seconds=55)
            actions.note_caller(question.pk, actor=self._asker_of(question), waits_until=until)

    def finish(self) -> None:
        """What was let go on is done after a while."""
        mine = Unit.objects.filter(organization_id=self.organization_id, status=UnitStatus.ACTIVE)
        unit = mine.filter(updated_at__lt=timezone.now() - PATIENCE).order_by("updated_at").first()
        if unit is not None:
            by = next(one for one in self.programs.values() if one.pk == unit.submitted_by_id)
            work.complete(unit.pk, actor=by)

    def _open(self) -> InterventionQuerySet:
        return Intervention.objects.filter(organization_id=self.organization_id).open()

    def _theirs(self) -> InterventionQuerySet:
        """What the visitor has not taken in hand, nor just pressed."""
        ours = [pilot.pk for pilot in self.pilots]
        return (
            self._open()
            .exclude(status=Status.AWAITING_REQUESTER)
            .filter(hold=None)
            .exclude(claim__isnull=False, claim__by__in=Membership.objects.exclude(pk__in=ours))
        )

    def _some(self, found: InterventionQuerySet) -> Intervention | None:
        oldest = list(found.select_related("gate", "claim").order_by("created_at")[:8])
        return self.dice.choice(oldest) if oldest else None

    def _hand_of(self, question: Intervention) -> Membership:
        """One who has not voted yet: whoever holds it, where that is one."""
        voted = set(question.votes.values_list("by", flat=True))
        free = [pilot for pilot in self.pilots if pilot.pk not in voted]
        holder = getattr(question, "claim", None)
        return next((pilot for pilot in free if holder and pilot.pk == holder.by_id), None) or self.dice.choice(free)

    def _asker_of(self, question: Intervention) -> Membership:
        return next(one for one in self.programs.values() if one.pk == question.requester_id)

    def _reason(self, question: Intervention) -> str:
        presets = question.gate.reason_presets if question.gate else []
        return f"{self.dice.choice(presets)}." if presets else "Looked at it."
