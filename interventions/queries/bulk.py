"""One act for several questions, as a page: what would become of each, or what has."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.models import Membership
from interventions.actions.bulk import Outcome
from interventions.queries.queue_page import Row, rows_of

# How each is asked for in one word and as a heading, and how those are announced that it is not done to.
WORDS = {
    "approve": gettext_lazy("Approve"),
    "reject": gettext_lazy("Reject"),
    "cancel": gettext_lazy("Cancel"),
    "claim": gettext_lazy("Claim"),
    "release": gettext_lazy("Release"),
}
HEADINGS = {
    "approve": ngettext_lazy("Approve %(n)s question", "Approve %(n)s questions", "n"),
    "reject": ngettext_lazy("Reject %(n)s question", "Reject %(n)s questions", "n"),
    "cancel": ngettext_lazy("Cancel %(n)s question", "Cancel %(n)s questions", "n"),
    "claim": ngettext_lazy("Claim %(n)s question", "Claim %(n)s questions", "n"),
    "release": ngettext_lazy("Release %(n)s question", "Release %(n)s questions", "n"),
}
NOT_DONE = {
    "approve": gettext_lazy("Not approved"),
    "reject": gettext_lazy("Not rejected"),
    "cancel": gettext_lazy("Not cancelled"),
    "claim": gettext_lazy("Not claimed"),
    "release": gettext_lazy("Not released"),
}


@dataclass(frozen=True)
class Line:
    """One question of them. `row` is None when it is not there any more."""

    question_id: UUID
    row: Row | None
    why_not: str


@dataclass(frozen=True)
class BulkPage:
    act: str
    lines: Sequence[Line]

    @property
    def word(self) -> str:
        return str(WORDS[self.act])

    @property
    def heading(self) -> str:
        return str(HEADINGS[self.act] % {"n": len(self.able)})

    @property
    def not_done(self) -> str:
        return str(NOT_DONE[self.act])

    @property
    def able(self) -> Sequence[Line]:
        return [line for line in self.lines if not line.why_not]

    @property
    def unable(self) -> Sequence[Line]:
        return [line for line in self.lines if line.why_not]

    @property
    def needs_reason(self) -> bool:
        """Some of those that can be decided are at a gate that asks why."""
        decides = self.act in {"approve", "reject"}
        return decides and any(line.row.question.reason_required for line in self.able if line.row)

    @property
    def takes_reason(self) -> bool:
        return self.act in {"approve", "reject", "cancel"}


def bulk_page(actor: Membership, act: str, outcomes: Sequence[Outcome]) -> BulkPage:
    """Each question as it is now, and why nothing would or did become of it."""
    rows = rows_of(actor, [outcome.question_id for outcome in outcomes])
    return BulkPage(act, [_line(outcome, rows.get(outcome.question_id)) for outcome in outcomes])


def _line(outcome: Outcome, row: Row | None) -> Line:
    return Line(outcome.question_id, row, outcome.problem.sentence if outcome.problem else "")
