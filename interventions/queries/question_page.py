"""One question as a page: what would run, who said what about it, and what its viewer may do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership
from audit.models import Entry
from guardians.models import Kind
from interventions.actions.holding import refuse_unless_operator
from interventions.models import Act, Claim, Comment, Decision, Delivery, Intervention, Status
from interventions.queries.around import Link, Subject, links_of, others_of, subjects_of
from interventions.queries.detail import Place, children_of, intervention_for, lines_about, place_of
from interventions.queries.difference import Difference, difference_of
from interventions.queries.similar import Past, past_of
from interventions.queries.standing import Standing
from interventions.queries.stops import note_stops
from interventions.queries.verdicts import Said, fields_held, said_about
from kit.errors import NotAllowed
from work.models import Priority, Unit

LINE = 80  # characters that are edited in one line


@dataclass(frozen=True)
class QuestionPage:
    """A question as `viewer` sees it."""

    question: Intervention
    viewer: Membership
    lines: Sequence[Entry]
    children: Sequence[Unit]
    others: Sequence[Intervention]  # that its unit has asked besides
    place: Place
    delivery: Delivery | None
    past: Past

    # What may be done

    @cached_property
    def acts(self) -> frozenset[str]:
        """The acts to offer: none of what a stop covers."""
        return frozenset() if self.question.stop else self.acts_but_for_a_stop

    @cached_property
    def acts_but_for_a_stop(self) -> frozenset[str]:
        """Whoever has voted has no second vote, and what is held back comes first."""
        if self.is_late or self.standing.hold:
            return frozenset()
        offered = {act for act in Act.values if self.question.offers(act, self.viewer)}
        return frozenset(offered - self.standing.spent)

    @cached_property
    def standing(self) -> Standing:
        """How the votes stand, and what is held back."""
        return Standing(self.question, self.viewer)

    @property
    def has_bar(self) -> bool:
        """Whether there is a bar for a thumb: with acts, or with what stops them."""
        return bool(self.acts_but_for_a_stop or self.standing.may_undo)

    @property
    def yes(self) -> str:
        """The act beside the rejection."""
        order = (Act.WAIVE,) if self.question.kind == Kind.WAIVER else (Act.APPROVE, Act.RESUME)
        return next((act for act in order if act in self.acts), "")

    @property
    def may_reject(self) -> bool:
        return Act.REJECT in self.acts

    @property
    def may_answer(self) -> bool:
        return Act.ANSWER in self.acts

    @property
    def may_cancel(self) -> bool:
        if not self.question.is_open or self.is_late or self.question.stop:
            return False
        return self.question.is_spoken_for_by(self.viewer) or Act.CANCEL in self.acts

    @property
    def may_waive_instead(self) -> bool:
        """Beside an ordinary approval: set the rule aside, with a reason."""
        return self.yes != Act.WAIVE and Act.WAIVE in self.acts

    @property
    def has_more(self) -> bool:
        return self.may_ask_back or self.may_claim or self.may_release or self.may_waive_instead or self.may_cancel

    @property
    def needs_reason(self) -> bool:
        return self.question.reason_required or self.yes == Act.WAIVE

    @property
    def is_for_one_key(self) -> bool:
        """Whether it may be settled beside the list: what is critical or takes a passkey is opened first."""
        is_quick = self.question.priority != Priority.CRITICAL and not self.question.passkey_required
        return is_quick and bool(self.yes or self.may_reject)

    @property
    def why_not(self) -> str:
        """Why there is no button where one would expect it."""
        if not self.question.is_open or self.is_late or self.standing.hold or self.question.stop:
            return ""
        if self.why_not_at_all or self.standing.why_spent:
            return self.why_not_at_all or self.standing.why_spent
        if self.question.is_own_request_of(self.viewer):
            return _("You asked for this yourself; somebody else must approve it.")
        if self.question.kind == Kind.WAIVER and not self.yes:
            return _("Only an Admin may waive a violation.")
        return ""

    @cached_property
    def may_talk(self) -> bool:
        """Whether this viewer may claim, ask back and the like: the role is enough and the question is open."""
        if not self.question.is_open or self.is_late or self.standing.hold or self.question.stop:
            return False
        return not self.why_not_at_all

    @property
    def may_ask_back(self) -> bool:
        return self.may_talk and self.question.status != Status.AWAITING_REQUESTER

    @property
    def may_reply(self) -> bool:
        is_asked = self.question.status == Status.AWAITING_REQUESTER and not self.question.stop
        return is_asked and (self.may_talk or self.question.is_spoken_for_by(self.viewer))

    @property
    def may_claim(self) -> bool:
        return self.may_talk and self.claim is None

    @property
    def may_release(self) -> bool:
        if not self.may_talk or self.claim is None:
            return False
        return self.is_mine or self.question.allows("interventions.waive_intervention", self.viewer)

    @property
    def may_comment(self) -> bool:
        is_own = self.question.is_spoken_for_by(self.viewer)
        return is_own or self.question.allows("interventions.decide_intervention", self.viewer)

    @property
    def may_edit(self) -> bool:
        question = self.question
        is_editable = question.edits_allowed and question.proposed is not None and question.required_approvals == 1
        return is_editable and Act.APPROVE in self.acts

    @cached_property
    def why_not_at_all(self) -> str:
        """In the words of the actions themselves, why this viewer decides nothing here."""
        try:
            refuse_unless_operator(self.question, self.viewer)
        except NotAllowed as refused:
            return refused.sentence
        return ""

    # What it is about

    @property
    def version(self) -> str:
        return version_of(self.question)

    @property
    def priority(self) -> str:
        return Priority(self.question.priority).word

    @cached_property
    def arguments(self) -> list[tuple[str, Any, bool]]:
        """What would run, argument by argument: name, value, and whether a guardian held it for this one."""
        proposed = self.question.proposed
        if not isinstance(proposed, dict):
            return []
        held = fields_held(self.question.unit)
        # Postgres keeps no order of keys: what was held comes first, then the alphabet.
        return sorted(
            ((name, value, name in held) for name, value in proposed.items()), key=lambda one: (not one[2], one[0])
        )

    @property
    def editable(self) -> list[tuple[str, Any, str]]:
        """Each argument, and by what it is edited: a flag, a number, a line, a text, or as JSON."""
        return [(name, *_edited_by(value)) for name, value, _is_held in self.arguments]

    @property
    def as_edited(self) -> Difference | None:
        """From what was proposed to what was approved, when a pilot edited it."""
        edited = self.decision.edited if self.decision else None
        return None if edited is None else difference_of(self.question.proposed, edited)

    @property
    def proposed_text(self) -> str:
        return json.dumps(self.question.proposed, indent=2, ensure_ascii=False)

    @property
    def comments(self) -> Sequence[Comment]:
        return list(self.question.comments.all())

    @property
    def links(self) -> Sequence[Link]:
        return links_of(self.question)

    @property
    def subjects(self) -> dict[tuple[str, str], Subject]:
        return subjects_of(self.others)

    # How it stands

    @cached_property
    def is_late(self) -> bool:
        """Its time is over, though the clock has not come round to close it. Under a stop none passes."""
        question = self.question
        return question.is_open and not question.stop and question.is_expired(datetime.now(UTC))

    @property
    def expires_form(self) -> str:
        """How its end is said: by the clock when it is near, else with the day."""
        return "time" if self.question.expires_at - datetime.now(UTC) < timedelta(hours=12) else "date"

    @property
    def is_unseen(self) -> bool:
        """Nobody who may decide has looked at it so far, and this viewer may."""
        question = self.question
        return question.is_open and question.first_seen_at is None and question.may_be_decided_by(self.viewer)

    @property
    def took(self) -> timedelta | None:
        settled_at = self.question.settled_at
        return settled_at - self.question.created_at if settled_at else None

    @property
    def claim(self) -> Claim | None:
        return getattr(self.question, "claim", None)

    @property
    def is_mine(self) -> bool:
        return self.claim is not None and self.claim.by_id == self.viewer.pk

    @property
    def decision(self) -> Decision | None:
        return getattr(self.question, "decision", None)

    @property
    def caller(self) -> str:
        return self.question.caller_state(datetime.now(UTC))

    @property
    def asked_back(self) -> Comment | None:
        """What the requester has been asked and has not answered."""
        if self.question.status != Status.AWAITING_REQUESTER:
            return None
        asked = [said for said in self.comments if said.kind == Comment.Kind.QUESTION]
        return asked[-1] if asked else None

    @cached_property
    def said(self) -> Sequence[Said]:
        """What the guardians said of its unit."""
        return said_about(self.question.unit) if self.question.unit else []


def _edited_by(value: Any) -> tuple[Any, str]:
    if isinstance(value, bool):
        return value, "flag"
    if isinstance(value, int | float):
        return json.dumps(value), "number"
    if isinstance(value, str):
        return value, "line" if len(value) <= LINE and "\n" not in value else "text"
    return json.dumps(value, ensure_ascii=False), "json"


def version_of(question: Intervention) -> str:
    """By it a page that is pushed a change tells whether it shows that already. A stop changes no question's row."""
    version = f"{question.updated_at.timestamp():.6f}"
    return f"{version}-{question.stop.pk}" if question.stop else version


def question_page(actor: Membership, question_id: UUID) -> QuestionPage:
    """Raises NotThere for what `actor` may not see."""
    question = intervention_for(actor, question_id)
    note_stops([question])
    others = others_of(question, actor)
    return QuestionPage(
        question=question,
        viewer=actor,
        lines=lines_about(question, others, actor),
        children=children_of(question, actor),
        others=others,
        place=place_of(question, actor),
        delivery=Delivery.objects.filter(intervention=question).first() if question.callback_url else None,
        past=past_of(question, actor, fields_held(question.unit)),
    )
