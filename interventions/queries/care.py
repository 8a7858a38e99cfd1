"""Where the time of questions goes, and with how much care they are decided: read from the latest few thousand."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.db.models import Func, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership
from audit.models import Entry
from interventions.models import APPROVALS, Act, Intervention, InterventionQuerySet, Status, Vote
from interventions.queries.spans import BY_PILOTS

SAMPLE = 1000
REVERSED_WITHIN = timedelta(days=30)
SIZES = ((0, "1 KB"), (1024, "4 KB"), (4096, "16 KB"), (16_384, ""))  # of context and proposal, as stored
MOST_SHOWN = 5

# What each line of the ledger does to the state a question is in.
TURNS = {
    "intervention.claimed": "claimed",
    "intervention.released": "unclaimed",
    "intervention.clarified": "requester",
    "intervention.replied": "back",
}
READ = ("pk", "title", "status", "created_at", "first_seen_at", "settled_at", "required_approvals", "gate__slug")
BEFORE = JSONObject(id="pk", status="status")
STAGES = {
    "unseen": gettext_lazy("nobody had looked"),
    "unclaimed": gettext_lazy("seen, not claimed"),
    "claimed": gettext_lazy("claimed"),
    "requester": gettext_lazy("waiting on the requester"),
}


@dataclass(frozen=True)
class Stage:
    """What all of the sample spent in one state, in seconds; the median is of those that were in it."""

    name: str
    seconds: float
    share: float  # in percent of all
    questions: int
    median: float | None

    @property
    def words(self) -> str:
        return str(STAGES[self.name])


@dataclass(frozen=True)
class Bottleneck:
    """The gate whose questions took most of the time, and the state in which they spent most of that."""

    gate: str
    share: float  # of the time of all gates, in percent
    stage: str
    stage_share: float  # of the gate's own time, in percent
    questions: int  # of that gate, that were in that state

    @property
    def words(self) -> str:
        return str(STAGES[self.stage])


@dataclass(frozen=True)
class SizeLine:
    """How long pilots looked at requests of one size before they decided."""

    at: int  # among the SIZES
    least: int  # bytes
    up_to: str
    decided: int
    median: float
    approved: float  # in percent

    @property
    def words(self) -> str:
        return size_words(self.up_to)


@dataclass(frozen=True)
class Reversal:
    """A decision that went against an earlier one on the same unit, or the same content at the same gate."""

    earlier: UUID
    later: UUID
    title: str
    at: datetime


@dataclass(frozen=True)
class Voter:
    """How often one pilot's votes agreed with what came of it."""

    name: str
    public_id: str
    votes: int
    agreed: int

    @property
    def key(self) -> str:
        """As in an address."""
        return quote(self.public_id)

    @property
    def against(self) -> int:
        return self.votes - self.agreed

    @property
    def share(self) -> float:
        return 100 * self.agreed / self.votes


@dataclass(frozen=True)
class Care:
    """Of the latest `looked_at` questions that pilots settled in the span, out of all that they settled."""

    looked_at: int
    is_sample: bool
    stages: Sequence[Stage]
    bottleneck: Bottleneck | None
    sizes: Sequence[SizeLine]
    reversals: Sequence[Reversal]  # the latest MOST_SHOWN
    voters: Sequence[Voter]
    groups: Mapping[str, Sequence[UUID]]  # which questions each figure is of

    @property
    def reversed(self) -> int:
        return len(self.groups.get("reversed", ()))

    @property
    def against(self) -> int:
        """Questions on which somebody voted against what came of it."""
        return len(self.groups.get("against", ()))

    @property
    def agreement(self) -> float | None:
        """In percent of the votes on questions that needed several."""
        votes = sum(voter.votes for voter in self.voters)
        return 100 * sum(voter.agreed for voter in self.voters) / votes if votes else None


def care_of(settled: InterventionQuerySet) -> Care:
    """Three statements. What a timeout or a caller ended says nothing about a pilot, and is not in it."""
    rows = list(_sampled(settled))
    spent = _spent(rows)
    groups: dict[str, list[UUID]] = defaultdict(list)
    reversals = [(earlier, row) for row in rows if (earlier := _earlier(row))]
    groups["reversed"] = [row.pk for _earlier_one, row in reversals]
    for row in rows:
        for name, seconds in spent[row.pk].items():
            if seconds > 0:
                groups[f"stage-{name}"].append(row.pk)
    return Care(
        len(rows),
        len(rows) == SAMPLE,
        _stages(spent.values()),
        _bottleneck(rows, spent),
        _sizes(rows, spent, groups),
        [Reversal(earlier, row.pk, row.title, row.settled_at) for earlier, row in reversals[:MOST_SHOWN]],
        _voters(rows, groups),
        dict(groups),
    )


def care_words(group: str) -> str:
    """What the questions of one of the groups have in common."""
    name, _dash, of = group.partition("-")
    if name == "stage":
        return str(STAGES.get(of, of))
    if name == "size" and of.isdigit() and int(of) < len(SIZES):
        return size_words(SIZES[int(of)][1])
    if name == "reversed":
        return _("went against an earlier answer")
    if name == "against" and not of:
        return _("somebody voted against the outcome")
    return {"votes": _("voted on by %(who)s"), "against": _("voted against by %(who)s")}.get(name, name) % {"who": of}


def size_words(up_to: str) -> str:
    return _("up to %(size)s") % {"size": up_to} if up_to else _("16 KB and more")


class StoredBytes(Func):
    function = "PG_COLUMN_SIZE"
    output_field = IntegerField()


def _sampled(settled: InterventionQuerySet) -> Iterable[Any]:
    """With the answer that came before it about the same unit, and about the same content at the same gate."""
    before = Intervention.objects.filter(
        BY_PILOTS,
        organization=OuterRef("organization"),
        status__in=(Status.APPROVED, Status.REJECTED),
        settled_at__lt=OuterRef("settled_at"),
        settled_at__gte=OuterRef("settled_at") - REVERSED_WITHIN,
    ).order_by("-settled_at")
    same_unit = before.filter(unit=OuterRef("unit"))
    alike = before.filter(gate=OuterRef("gate"), content_hash=OuterRef("content_hash"))
    size = StoredBytes("context") + Coalesce(StoredBytes("proposed"), 0)
    return (
        settled.filter(BY_PILOTS)
        .annotate(
            size=size,
            on_unit=Subquery(same_unit.values(said=BEFORE)[:1]),
            on_alike=Subquery(alike.values(said=BEFORE)[:1]),
        )
        .order_by("-settled_at", "-id")
        .values_list(*READ, "size", "on_unit", "on_alike", named=True)[:SAMPLE]
    )


def _earlier(row: Any) -> UUID | None:
    """The decision this one went against, if it went against one."""
    if row.status not in (Status.APPROVED, Status.REJECTED):
        return None
    before = [said for said in (row.on_unit, row.on_alike) if said and said["status"] != row.status]
    return UUID(before[0]["id"]) if before else None


def _spent(rows: Sequence[Any]) -> dict[UUID, dict[str, float]]:
    """Seconds in each state, told by the ledger: seen, claimed, released, asked back, replied."""
    turns: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    lines = Entry.objects.filter(subject_type="intervention", subject_id__in=[str(row.pk) for row in rows])
    for subject, verb, at in lines.filter(verb__in=TURNS).order_by("pk").values_list("subject_id", "verb", "at"):
        turns[subject].append((at, TURNS[verb]))
    return {row.pk: _through(row, turns[str(row.pk)]) for row in rows}


def _through(row: Any, turns: Sequence[tuple[datetime, str]]) -> dict[str, float]:
    spent: dict[str, float] = dict.fromkeys(STAGES, 0.0)
    seen = [(row.first_seen_at, "seen")] if row.first_seen_at else []
    state, back, since = "unseen", "unclaimed", row.created_at
    for at, turn in sorted([*seen, *turns]):
        spent[state] += max((min(at, row.settled_at) - since).total_seconds(), 0)
        since = max(since, min(at, row.settled_at))
        if turn == "requester":
            state, back = turn, "claimed" if state == "claimed" else "unclaimed"
        elif turn == "back":
            state = back
        elif turn != "seen" or state == "unseen":
            state = "unclaimed" if turn == "seen" else turn
    spent[state] += (row.settled_at - since).total_seconds()
    return spent


def _stages(spent: Iterable[dict[str, float]]) -> list[Stage]:
    found = list(spent)
    whole = sum(sum(one.values()) for one in found) or 1.0
    stages = []
    for name in STAGES:
        times = [one[name] for one in found if one[name] > 0]
        stages.append(Stage(name, sum(times), 100 * sum(times) / whole, len(times), median(times) if times else None))
    return stages


def _bottleneck(rows: Sequence[Any], spent: dict[UUID, dict[str, float]]) -> Bottleneck | None:
    """None where there is nothing to choose from: one gate, or none."""
    by_gate: dict[str, list[UUID]] = defaultdict(list)
    for row in rows:
        if row.gate__slug:
            by_gate[row.gate__slug].append(row.pk)
    took = {gate: sum(sum(spent[pk].values()) for pk in pks) for gate, pks in by_gate.items()}
    if len(took) < 2 or not any(took.values()):
        return None
    gate = max(took, key=lambda one: took[one])
    inside = {name: sum(spent[pk][name] for pk in by_gate[gate]) for name in STAGES}
    stage = max(inside, key=lambda one: inside[one])
    questions = sum(spent[pk][stage] > 0 for pk in by_gate[gate])
    return Bottleneck(gate, 100 * took[gate] / sum(took.values()), stage, 100 * inside[stage] / took[gate], questions)


def _sizes(rows: Sequence[Any], spent: dict[UUID, dict[str, float]], groups: dict[str, list[UUID]]) -> list[SizeLine]:
    """Looked at: from when it was seen or claimed until it was decided, without the time it waited on its requester."""
    by_size: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        if row.first_seen_at:
            by_size[max(at for at, (least, _up_to) in enumerate(SIZES) if row.size >= least)].append(row)
    groups.update({f"size-{at}": [row.pk for row in found] for at, found in by_size.items()})
    return [
        SizeLine(
            at,
            *SIZES[at],
            len(found),
            median(spent[row.pk]["unclaimed"] + spent[row.pk]["claimed"] for row in found),
            100 * sum(row.status == Status.APPROVED for row in found) / len(found),
        )
        for at, found in sorted(by_size.items())
    ]


def _voters(rows: Sequence[Any], groups: dict[str, list[UUID]]) -> list[Voter]:
    """Of the questions that needed several. An approval agrees with a yes, a rejection with a no."""
    said = {row.pk: row.status for row in rows if row.required_approvals > 1}
    votes = list(Vote.objects.filter(intervention__in=said).values_list("intervention", "by", "act"))
    members = Membership.objects.select_related("pilot").in_bulk({by for _question, by, _act in votes})
    agreed: dict[int, int] = dict.fromkeys(members, 0)
    for question, by, act in votes:
        yes = said[question] == Status.APPROVED
        agrees = (act in APPROVALS and yes) or (act == Act.REJECT and not yes)
        agreed[by] += agrees
        groups[f"votes-{members[by].pilot.public_id}"].append(question)
        if not agrees:
            groups[f"against-{members[by].pilot.public_id}"].append(question)
    groups["against"] = list({question for name in groups if name.startswith("against-") for question in groups[name]})
    ids = {by: members[by].pilot.public_id for by in members}
    voters = [Voter(members[by].name, ids[by], len(groups[f"votes-{ids[by]}"]), agreed[by]) for by in members]
    return sorted(voters, key=lambda voter: (-voter.votes, voter.name))
