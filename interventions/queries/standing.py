"""How a decision stands for one viewer: the votes they may know of, what is held back, what they said last."""

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Membership
from interventions.models import APPROVALS, Act, Decision, Hold, Intervention, Seat, Tally, Vote, tally_of

RECENT_DECISIONS = 50

DOING = {
    Act.APPROVE: gettext_lazy("Approving in"),
    Act.REJECT: gettext_lazy("Rejecting in"),
    Act.WAIVE: gettext_lazy("Waiving in"),
    Act.RESUME: gettext_lazy("Resuming in"),
    Act.ANSWER: gettext_lazy("Answering in"),
    Act.CANCEL: gettext_lazy("Cancelling in"),
}


@dataclass(frozen=True)
class Standing:
    """Wants the question as `intervention_for(viewer)` reads it: without the votes that are sealed from them."""

    question: Intervention
    viewer: Membership

    @cached_property
    def tally(self) -> Tally:
        return tally_of(self.question, self.question.votes.all())

    @property
    def votes(self) -> int:
        """How many have voted, told or not."""
        return int(self.question.vote_count)  # type: ignore[attr-defined]

    @property
    def approvals(self) -> int:
        return sum(len(seat.approvals) for seat in self.tally.seats)

    @cached_property
    def my_vote(self) -> Vote | None:
        return next((vote for vote in self.question.votes.all() if vote.by_id == self.viewer.pk), None)

    @property
    def is_sealed(self) -> bool:
        """Whether this viewer must not know yet who voted, and how."""
        return self.question.votes_sealed and self.question.is_open and self.my_vote is None

    @cached_property
    def my_seat(self) -> Seat | None:
        """The seat that this viewer's vote would fill."""
        return None if self.my_vote else self.tally.seat_for(self.viewer, self.question.platform_id)

    @property
    def spent(self) -> frozenset[str]:
        """The acts that this viewer has none of any more: a vote is given once, and only where a seat is open."""
        votes = APPROVALS if self.question.veto else APPROVALS | {Act.REJECT}
        return frozenset() if self.my_seat else frozenset(votes)

    @property
    def why_spent(self) -> str:
        """Why this viewer has no vote, in a sentence."""
        if self.my_vote is not None and self.my_vote.act == Act.REJECT:
            return _("You have rejected this. Others decide the rest.")
        if self.my_vote is not None:
            return _("You have approved this. Somebody else must as well.")
        if self.my_seat is None:
            missing = ", ".join(self.tally.missing_roles)
            return _("Your seat is taken. Still missing: %(roles)s.") % {"roles": missing}
        return ""

    @property
    def hold(self) -> Hold | None:
        """What was pressed and can still be undone."""
        return self.question.held

    @property
    def is_mine(self) -> bool:
        return self.hold is not None and self.hold.by_id == self.viewer.pk

    @property
    def may_undo(self) -> bool:
        if self.hold is None or not self.question.allows("interventions.decide_intervention", self.viewer):
            return False
        return self.is_mine or self.question.allows("interventions.waive_intervention", self.viewer)

    @property
    def doing(self) -> str:
        """Approving in; a number of seconds follows."""
        return str(DOING[Act(self.hold.act)]) if self.hold else ""

    @cached_property
    def last_reason(self) -> str:
        """What this viewer said at the same gate the last time they decided there, to be said again."""
        question = self.question
        if question.gate is None:
            return ""
        # The latest of theirs come first, whatever gate: so this stays one short walk down an index.
        recent = Decision.objects.filter(by=self.viewer.pk).order_by("-pk").values("pk")[:RECENT_DECISIONS]
        here = Decision.objects.filter(pk__in=recent, intervention__gate=question.gate_id).exclude(reason="")
        said = here.order_by("-pk").values_list("reason", flat=True).first() or ""
        return "" if said.rstrip(".") in question.gate.reason_presets else said
