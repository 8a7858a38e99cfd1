"""The queue as a page: rows in lanes or in one list, each with what its viewer may press right there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from hashlib import blake2b
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import Membership, Platform
from guardians.models import Gate, Kind
from interventions.models import Act, Claim, Hold, Intervention, Status, Vote
from interventions.queries.counts import Counts
from interventions.queries.lists import SOONEST, URGENT, Filters, narrowed, page_of
from interventions.queries.stops import note_stops
from work.models import Priority, Unit

MOST_CHOICES = 100
TAGGED = 1_000

# Up to 256 KiB each, and no row shows any of it.
DEFERRED = ("description", "context", "proposed", "answer_schema", "dialect", "search")
HEAVY = (
    *DEFERRED,
    *(f"unit__{field}" for field in ("description", "attributes", "proposed", "policy", "verdict", "dialect")),
)

WAY_WORDS = {
    "answer": gettext_lazy("Answer…"),
    "waive": gettext_lazy("Waive…"),
    "review": gettext_lazy("Review"),
    "open": pgettext_lazy("button", "Open"),
}
ONE_PRESS = frozenset({Kind.APPROVAL, Kind.RESUME, Kind.CANCEL})  # answered without words of one's own
# What a decision that can still be undone is called, of others and of oneself.
HELD_WORDS = {
    Act.APPROVE: (gettext_lazy("%(name)s is approving"), gettext_lazy("You are approving")),
    Act.REJECT: (gettext_lazy("%(name)s is rejecting"), gettext_lazy("You are rejecting")),
    Act.WAIVE: (gettext_lazy("%(name)s is waiving"), gettext_lazy("You are waiving")),
    Act.RESUME: (gettext_lazy("%(name)s is resuming"), gettext_lazy("You are resuming")),
    Act.ANSWER: (gettext_lazy("%(name)s is answering"), gettext_lazy("You are answering")),
    Act.CANCEL: (gettext_lazy("%(name)s is cancelling"), gettext_lazy("You are cancelling")),
}


@dataclass(frozen=True)
class Row:
    """One question in the queue, as `viewer` sees it.

    A viewer without a `pk` stands for everybody of one role: what differs between them (who asked,
    who has voted) is then told by `not_for`, and the browser takes it away from those.
    """

    question: Intervention
    viewer: Membership
    stack: int = 0  # how many questions alike it stands for, itself among them
    is_under: bool = False  # folded under one of those

    @property
    def priority(self) -> str:
        return Priority(self.question.priority).word

    @property
    def is_asked_back(self) -> bool:
        return self.question.status == Status.AWAITING_REQUESTER

    @cached_property
    def alike(self) -> str:
        """The same for questions that one answer can answer: asked alike, of the same content, at the same gate."""
        question = self.question
        if not question.is_open or self.hold or question.passkey_required or question.kind not in ONE_PRESS:
            return ""
        about = (question.gate_id, question.kind, question.title, question.content_hash, question.required_role)
        return blake2b(repr(about).encode(), digest_size=4).hexdigest()

    @property
    def hold(self) -> Hold | None:
        """What somebody has pressed and may still undo. Under seal no row says who, and rows are for many."""
        question = self.question
        return None if question.votes_sealed or not question.is_open else getattr(question, "hold", None)

    @property
    def hold_words(self) -> str:
        return str(HELD_WORDS[Act(self.hold.act)][0]) % {"name": self.hold.by.name} if self.hold else ""

    @property
    def hold_words_to_me(self) -> str:
        return str(HELD_WORDS[Act(self.hold.act)][1]) if self.hold else ""

    @property
    def says_who(self) -> bool:
        """Whether there is anything to say about who has it in hand, who has voted, and who waits for the answer."""
        question = self.question
        is_held = self.hold or question.stop or self.is_asked_back or self.holder or question.assigned_role
        return bool(not question.is_open or is_held or question.required_approvals > 1 or self.caller)

    @cached_property
    def yes(self) -> str:
        """The act of the first of two twin buttons, or "" when this is not settled with one key."""
        question = self.question
        if question.stop or question.priority == Priority.CRITICAL or question.reason_required:
            return ""
        if question.passkey_required:  # given for this one, on its page
            return ""
        if self.viewer.pk in self.not_for:
            return ""
        if question.votes_sealed:  # who has voted is not for a row to say, so it cannot say who may not any more
            return ""
        if self.is_asked_back or not self._offers(Act.REJECT):
            return ""
        return next((act for act in (Act.APPROVE, Act.RESUME) if self._offers(act)), "")

    @property
    def way_words(self) -> str:
        return str(WAY_WORDS[self.way_on])

    @cached_property
    def way_on(self) -> str:
        """Where the link leads when there are no twin buttons: answer, waive, review or open."""
        if self.question.stop or self.is_asked_back or self.viewer.pk in self.not_for:
            return "open"
        if self._offers(Act.ANSWER):
            return "answer"
        if self.question.kind == Kind.WAIVER and self._offers(Act.WAIVE):
            return "waive"
        return "review" if self._offers(Act.REJECT) else "open"

    @cached_property
    def not_for(self) -> tuple[int, ...]:
        """Memberships whose approval does not count, or has been given already."""
        question = self.question
        asked = () if question.requester_may_approve else (question.requester_id,)
        return asked if question.votes_sealed else (*asked, *(vote.by_id for vote in self.votes))

    @cached_property
    def votes(self) -> Sequence[Vote]:
        return list(self.question.votes.all()) if self.question.required_approvals > 1 else []

    @property
    def missing_votes(self) -> range:
        return range(len(self.votes), self.question.required_approvals)

    @property
    def caller(self) -> str:
        return self.question.caller_state(datetime.now(UTC))

    @property
    def holder(self) -> Membership | None:
        """Who has it in hand: by a claim, or because it was given to them."""
        claim: Claim | None = getattr(self.question, "claim", None)
        return claim.by if claim else self.question.assigned_to

    @property
    def sort(self) -> list[int | str]:
        """The order of the queue, for a browser that must put a row in its place."""
        question = self.question
        return [question.priority, round(question.due_at.timestamp() * 1000), str(question.pk)]

    def _offers(self, act: Act) -> bool:
        return self.question.offers(act, self.viewer)


@dataclass(frozen=True)
class Lane:
    """The rows of one priority; all of them where `priority` is "all"."""

    priority: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class QueuePage:
    """One page of the queue; the cursors are None where there is no page."""

    lanes: Sequence[Lane]
    next: str | None
    previous: str | None

    def __len__(self) -> int:
        return sum(len(lane.rows) for lane in self.lanes)


def queue_page(
    actor: Membership, filters: Filters, *, layout: str = "lanes", cursor: str = "", limit: int = 50
) -> QueuePage:
    """Open questions, soonest due first: in lanes by priority, or with layout "list" in one."""
    found = narrowed(Intervention.objects.visible_to(actor).open(), filters, actor)
    page = page_of(found.defer(*DEFERRED), SOONEST if layout == "list" else URGENT, cursor, limit)
    _complete(page.rows)
    rows = [Row(question, actor) for question in page.rows]
    if layout == "list":
        lanes = [Lane("all", _folded(rows))]
    else:
        lanes = [Lane(one.word, _folded([row for row in rows if row.question.priority == one])) for one in Priority]
    return QueuePage(lanes, page.next, page.previous)


def _folded(rows: Sequence[Row]) -> list[Row]:
    """Questions alike behind the first of them, which says how many they are."""
    alike: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        alike[row.alike or str(row.question.pk)].append(row)
    folded = []
    for first, *others in alike.values():
        folded.append(replace(first, stack=len(others) + 1) if others else first)
        folded += [replace(row, is_under=True) for row in others]
    return folded


def rows_of(actor: Membership, ids: Iterable[UUID]) -> dict[UUID, Row]:
    """The named questions as rows, settled ones too; those `actor` may not see are left out."""
    found = list(Intervention.objects.visible_to(actor).filter(pk__in=list(ids)).defer(*DEFERRED))
    _complete(found)
    prefetch_related_objects([question for question in found if not question.is_open], "decision__by__pilot")
    return {question.pk: Row(question, actor) for question in found}


def _complete(questions: Sequence[Intervention]) -> None:
    """With everything a row shows, a few short statements for all of them.

    Not `select_related`: fifteen joins cost ten times as much to plan as to run, and make a model
    instance of the same few people for every row.
    """
    units = Unit.objects.only("platform", "gate", "workflow").select_related("platform")
    prefetch_related_objects(
        questions, Prefetch("gate", Gate.objects.only("slug")), Prefetch("unit", units), "claim", "hold"
    )
    asked_of_many = [question for question in questions if question.required_approvals > 1]
    prefetch_related_objects(asked_of_many, Prefetch("votes", Vote.objects.only("intervention", "by")))
    _introduce(questions)
    note_stops(questions)


def _introduce(questions: Sequence[Intervention]) -> None:
    """Put the people in their places: who asked, who has it in hand."""
    claims = [question.claim for question in questions if hasattr(question, "claim")]
    ids = {question.requester_id for question in questions} | {claim.by_id for claim in claims}
    holds = [question.hold for question in questions if hasattr(question, "hold")]
    ids |= {question.assigned_to_id for question in questions if question.assigned_to_id}
    ids |= {hold.by_id for hold in holds}
    people = Membership.objects.select_related("pilot", "absence").in_bulk(ids)
    for question in questions:
        question.requester = people[question.requester_id]
        if question.assigned_to_id:
            question.assigned_to = people[question.assigned_to_id]
    in_hand: list[Claim | Hold] = [*claims, *holds]
    for taken in in_hand:
        taken.by = people[taken.by_id]


@dataclass(frozen=True)
class Choices:
    """What the queue may be narrowed to: (value, name) pairs."""

    gates: Sequence[tuple[str, str]]
    platforms: Sequence[tuple[str, str]]
    holders: Sequence[tuple[str, str]]
    roles: Sequence[tuple[str, str]]
    tags: Sequence[tuple[str, str]]


def queue_choices(actor: Membership, counts: Counts) -> Choices:
    """The gates, the platforms, the tags, and who has something in hand just now, by their memberships or roles."""
    holders = Membership.objects.filter(pk__in=counts.hands).exclude(pk=actor.pk).select_related("pilot")
    # Of the newest: each that waits may have twenty of its own, and a list names a hundred.
    tagged = Intervention.objects.visible_to(actor).open().exclude(tags=[]).order_by("-pk")
    tags = {tag for of_one in tagged.values_list("tags", flat=True)[:TAGGED] for tag in of_one}
    return Choices(
        gates=[(slug, slug) for slug in Gate.objects.visible_to(actor).order_by("slug").values_list("slug", flat=True)],
        platforms=list(Platform.objects.visible_to(actor).order_by("name").values_list("slug", "name")),
        holders=sorted(((holder.pilot.public_id, holder.name) for holder in holders), key=lambda pair: pair[1]),
        roles=[(f"role:{role}", role) for role in counts.roles[:MOST_CHOICES]],
        tags=[(tag, tag) for tag in sorted(tags)[:MOST_CHOICES]],
    )
