"""What was decided before about the like of a question: found by an index, weighed here."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Func, IntegerField, JSONField, Prefetch, When
from django.utils.translation import gettext_lazy

from accounts.models import Membership
from interventions.models import Intervention, InterventionQuerySet, Source, Vote
from interventions.queries.difference import Difference, Leaves, difference_of, leaves_of, share_of_equals
from interventions.queries.history import Line
from interventions.queries.queue_page import DEFERRED

CANDIDATES = 50  # the latest that were settled at the same gate
MOST_ALIKE = 5
LAST = 20
MOST_BYTES = 1_000_000  # of all the values that are weighed for one page

# What makes two requests alike, beside the values they share (0 to 1).
SAME_WORKFLOW, SAME_TITLE, SAME_REQUESTER = 0.5, 0.3, 0.1
ALIKE = 0.5  # from this share on they are alike, whatever they are called


_LIKENESS = (
    (1, gettext_lazy("the same")),
    (0.8, gettext_lazy("nearly the same")),
    (0.5, gettext_lazy("much alike")),
    (0.2, gettext_lazy("partly alike")),
    (0, gettext_lazy("of the same kind")),
)


@dataclass(frozen=True)
class Alike:
    """An earlier request, and the share of its values that are equal, 0 to 1."""

    line: Line
    share: float

    @property
    def question(self) -> Intervention:
        return self.line.question

    @property
    def percent(self) -> int:
        """Never 100 while anything differs."""
        return int(self.share * 100)

    @property
    def in_words(self) -> str:
        return next(str(words) for least, words in _LIKENESS if self.share >= least)


@dataclass(frozen=True)
class Outcome:
    """How often the last ones ended so. What the clock did is nobody's word, neither yes nor no."""

    status: str
    by_timeout: bool
    count: int


@dataclass(frozen=True)
class Past:
    """What is known of the like of a question; `difference` is to the first of `alike`."""

    alike: Sequence[Alike] = ()
    difference: Difference | None = None
    outcomes: Sequence[Outcome] = ()

    @property
    def closest(self) -> Alike | None:
        return self.alike[0] if self.alike else None

    @property
    def others(self) -> Sequence[Alike]:
        return self.alike[1:]

    @property
    def counted(self) -> int:
        return sum(one.count for one in self.outcomes)


@dataclass(frozen=True)
class _Weighed:
    found: Intervention
    share: float
    weight: float


def past_of(question: Intervention, actor: Membership, held: frozenset[str]) -> Past:
    """The like of it that was settled before, among what `actor` may see."""
    mine = leaves_of(_value_of(question))
    weighed = [_weigh(question, mine, found) for found in candidates(question, actor)]
    alike = [one for one in weighed if one.share >= ALIKE or one.weight - one.share >= SAME_TITLE]
    if not alike:
        return Past()
    last = [one.found for one in alike[:LAST]]
    outcomes = Counter((one.status, one.resolution_source == Source.TIMEOUT_DEFAULT) for one in last)
    nearest = sorted(alike, key=lambda one: one.weight, reverse=True)[: MOST_ALIKE + 1]
    lines = _lines_of([one.found.pk for one in nearest], actor)
    shown = [Alike(lines[one.found.pk], one.share) for one in nearest]
    return Past(
        alike=shown,
        difference=_difference(question, shown[0].question, nearest[0].found, held),
        outcomes=[Outcome(*how, count) for how, count in outcomes.most_common()],
    )


def candidates(question: Intervention, actor: Membership) -> InterventionQuerySet:
    """The latest at the same gate, or of the same kind where there is none, with as much of them as can be weighed."""
    field, size = _field_of(question), len(json.dumps(_value_of(question), ensure_ascii=False))
    found = Intervention.objects.visible_to(actor).settled()
    found = found.filter(gate=question.gate_id) if question.gate_id else found.filter(gate=None, kind=question.kind)
    if question.settled_at:
        found = found.filter(settled_at__lt=question.settled_at)
    # What is much larger than the question is not like it, and is not read.
    found = found.alias(stored=Func(F(field), function="pg_column_size", output_field=IntegerField()))
    weighable = Case(When(stored__lte=2 * size + 2_048, then=F(field)), output_field=JSONField())
    most = min(max(MOST_BYTES // (size + 1), LAST // 2), CANDIDATES)
    return (
        found.annotate(value=weighable, workflow=F("unit__workflow"))
        .only("title", "status", "resolution_source", "requester_id", "requested_by")
        .order_by("gate_id", "-settled_at", "-id")[:most]
    )


def _weigh(question: Intervention, mine: Leaves, found: Any) -> _Weighed:
    share = share_of_equals(mine, leaves_of(found.value)) if found.value is not None else 0.0
    workflow = question.unit.workflow if question.unit else ""
    weight = share
    weight += SAME_WORKFLOW * bool(workflow and workflow == found.workflow)
    weight += SAME_TITLE * (_shape_of(question.title) == _shape_of(found.title))
    weight += SAME_REQUESTER * (_asker_of(question) == _asker_of(found))
    return _Weighed(found, share, weight)


def _lines_of(ids: Sequence[UUID], actor: Membership) -> dict[UUID, Line]:
    """How they ended, and what a decision edited, in two statements."""
    votes = Prefetch("votes", queryset=Vote.objects.select_related("by__pilot"))
    found = (
        Intervention.objects.visible_to(actor)
        .filter(pk__in=ids)
        .select_related("requester__pilot", "decision__by__pilot")
        .defer(*DEFERRED)
        .prefetch_related(votes)
    )
    return {one.pk: Line(one, one.settled_at) for one in found if one.settled_at}


def _difference(question: Intervention, earlier: Intervention, weighed: Any, held: frozenset[str]) -> Difference | None:
    """To what was let through then: as it was edited, where it was."""
    edited = earlier.decision.edited if question.proposed is not None else None
    was, now = weighed.value if edited is None else edited, _value_of(question)
    if was is None or not (was or now):
        return None
    return difference_of(was, now, held)


def _field_of(question: Intervention) -> str:
    return "context" if question.proposed is None else "proposed"


def _value_of(question: Intervention) -> Any:
    return getattr(question, _field_of(question))


def _shape_of(title: str) -> str:
    """The title without its numbers, versions and hashes: "Deploy 4.18.2" has the shape of "Deploy 4.18.1"."""
    return re.sub(r"\S*\d\S*", "#", title.casefold())


def _asker_of(question: Intervention) -> tuple[str, int]:
    return question.requested_by, question.requester_id
