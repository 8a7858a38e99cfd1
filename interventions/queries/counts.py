"""How many wait, and how it stands with them: for the head of the queue, its tabs and the mood of the page."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from django.db.models import Case, CharField, Count, Value, When

from accounts.models import Membership
from accounts.queries import stand_ins_in
from interventions.models import Intervention, Status
from interventions.queries.lists import SOON
from work.models import Priority


@dataclass(frozen=True)
class Counts:
    """Of the open questions that `actor` may see. `lanes` by priority word, `hands` by the holder's membership."""

    open: int
    overdue: int
    due_soon: int
    unclaimed: int
    asked_back: int
    lanes: Mapping[str, int]
    hands: Mapping[int, int]
    mood: str
    roles: Sequence[str] = ()  # that something is assigned to

    def as_json(self) -> dict[str, Any]:
        told = asdict(self)
        del told["roles"]
        return told


class _Alike(NamedTuple):
    """So many open questions that nothing here tells apart."""

    status: str
    priority: int
    due: str  # overdue, soon or later
    assigned_to: int | None
    assigned_role: str
    claimed_by: int | None
    many: int

    @property
    def is_asked_back(self) -> bool:
        return self.status == Status.AWAITING_REQUESTER

    @property
    def is_overdue(self) -> bool:
        return self.due == "overdue" and not self.is_asked_back

    @property
    def is_unclaimed(self) -> bool:
        return self.status == Status.PENDING and self.assigned_to is None


def counts_for(actor: Membership) -> Counts:
    """One statement, whatever waits, and a short one where something is assigned: every page asks."""
    found = _alike(actor, datetime.now(UTC))
    return Counts(
        open=_sum(found),
        overdue=_sum(one for one in found if one.is_overdue),
        due_soon=_sum(one for one in found if one.due == "soon" and not one.is_asked_back),
        unclaimed=_sum(one for one in found if one.is_unclaimed),
        asked_back=_sum(one for one in found if one.is_asked_back),
        lanes={priority.word: _sum(one for one in found if one.priority == priority) for priority in Priority},
        hands=_hands(found, actor.organization_id),
        mood=_mood(found),
        roles=sorted({one.assigned_role for one in found if one.assigned_role}),
    )


def _alike(actor: Membership, now: datetime) -> list[_Alike]:
    """One pass over the open ones, which the index of the queue answers by itself."""
    due = Case(
        When(due_at__lte=now, then=Value("overdue")),
        When(due_at__lte=now + SOON, then=Value("soon")),
        default=Value("later"),
        output_field=CharField(),
    )
    open_ones = Intervention.objects.visible_to(actor).open().order_by()
    told_apart = ("status", "priority", "due", "assigned_to", "assigned_role", "claim__by")
    return [_Alike(*row) for row in open_ones.annotate(due=due).values_list(*told_apart).annotate(Count("pk"))]


def _sum(found: Iterable[_Alike]) -> int:
    return sum(one.many for one in found)


def _mood(found: Sequence[_Alike]) -> str:
    """The page's own word for it: critical when a critical question is overdue and nobody has it in hand."""
    overdue = [one for one in found if one.is_overdue]
    if any(one.is_unclaimed and one.priority == Priority.CRITICAL for one in overdue):
        return "critical"
    return "pressing" if overdue else "calm"


def _hands(found: Sequence[_Alike], organization_id: int) -> dict[int, int]:
    """Whose claim it is, who it is given to, and who stands in for them while they are away: each of them once."""
    stand_ins = stand_ins_in(organization_id) if any(one.assigned_to for one in found) else {}
    hands: Counter[int] = Counter()
    for one in found:
        stand_in = stand_ins.get(one.assigned_to) if one.assigned_to else None
        for holder in {one.claimed_by, one.assigned_to, stand_in}:
            if holder is not None:
                hands[holder] += one.many
    return dict(hands)
