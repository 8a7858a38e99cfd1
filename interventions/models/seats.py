"""Who must approve a question: its seats, what was voted in them, and what is still missing.

A seat is a role and how many of it must approve. It says yes with so many approvals, and, where one rejection
does not decide, no with as many rejections. All seats yes: approved. One seat no: rejected.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from accounts.roles import RANK
from interventions.models.words import Act

if TYPE_CHECKING:
    from accounts.models import Membership
    from interventions.models.answers import Vote
    from interventions.models.questions import Intervention


@dataclass(frozen=True)
class Seat:
    """A role that must approve `count` times, with what was voted in it so far."""

    role: str
    count: int
    approvals: Sequence["Vote"] = ()
    rejections: Sequence["Vote"] = ()

    @property
    def missing(self) -> range:
        """One number for each approval that is still missing."""
        return range(len(self.approvals), self.count)

    @property
    def is_filled(self) -> bool:
        return len(self.approvals) >= self.count

    @property
    def is_refused(self) -> bool:
        return len(self.rejections) >= self.count


@dataclass(frozen=True)
class Tally:
    """How the votes of a question stand."""

    seats: Sequence[Seat]

    @property
    def is_approved(self) -> bool:
        return all(seat.is_filled for seat in self.seats)

    @property
    def is_rejected(self) -> bool:
        return any(seat.is_refused for seat in self.seats)

    @property
    def missing_roles(self) -> list[str]:
        return [seat.role for seat in self.seats if not seat.is_filled]

    def seat_for(self, actor: "Membership", platform_id: int | None) -> Seat | None:
        """The seat a vote of `actor` would fill: of the open ones, that of their role there, else the highest below it.

        Whoever stands lower has fewer seats to choose from, so this order never takes one from somebody in need of it.
        """
        still_open = [seat for seat in self.seats if not seat.is_filled and actor.has_rank_of(seat.role, platform_id)]
        mine = actor.role_at(platform_id)
        return max(still_open, key=lambda seat: (seat.role == mine, RANK.get(seat.role, 0)), default=None)


def tally_of(question: "Intervention", votes: Iterable["Vote"]) -> Tally:
    """Without named seats, all votes are given in the one seat there is: any of the role that may decide."""
    given = list(votes)
    return Tally([_seat(one["role"], one["count"], given, is_only=not question.seats) for one in question.seated])


def _seat(role: str, count: int, votes: Iterable["Vote"], *, is_only: bool) -> Seat:
    here = [vote for vote in votes if is_only or vote.seat == role]
    return Seat(
        role,
        count,
        approvals=[vote for vote in here if vote.act != Act.REJECT],
        rejections=[vote for vote in here if vote.act == Act.REJECT],
    )
