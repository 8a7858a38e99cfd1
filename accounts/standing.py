"""What a member is and may do: everywhere, and on the platforms where it is something else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q

from accounts.roles import ON_A_PLATFORM


class Place(NamedTuple):
    """A role somewhere, with the powers that come with it there."""

    role: str
    powers: frozenset[str]


@dataclass(frozen=True)
class Reach:
    """The platforms on which something may be seen or done: all but `but`, or none but `but`.

    What belongs to no platform counts as everywhere else.
    """

    everywhere: bool
    but: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return self.everywhere or bool(self.but)

    @property
    def is_whole(self) -> bool:
        return self.everywhere and not self.but

    def covers(self, platform_id: int | None) -> bool:
        return (platform_id in self.but) != self.everywhere

    def rows(self, field: str = "platform") -> Q:
        """The rows on these platforms. Says nothing where it is all of them, so that no index is lost to it."""
        if self.is_whole:
            return Q()
        here = Q(**{f"{field}__in": sorted(self.but)})  # of nothing, Django asks for no row
        return ~here if self.everywhere else here

    def __str__(self) -> str:
        """For the names of what is kept for all who see the same."""
        return f"{'all-' if self.everywhere else ''}{'.'.join(map(str, sorted(self.but)))}"


NOWHERE = Reach(everywhere=False)


@dataclass(frozen=True)
class Standing:
    """The role a member has, and the other one on each of some platforms. Two of the same standing see the same."""

    elsewhere: Place
    on: tuple[tuple[int, Place], ...] = ()

    @classmethod
    def of(cls, elsewhere: Place, on: Iterable[tuple[int, Place]] = ()) -> "Standing":
        """What governs the whole organization is left out of what a platform gives."""
        there = [(platform, Place(place.role, place.powers & ON_A_PLATFORM)) for platform, place in on]
        return cls(elsewhere, tuple(sorted(there)))

    def narrowed(self, powers: frozenset[str]) -> "Standing":
        """With no other powers than these: those of a key's scopes."""
        on = ((platform, Place(place.role, place.powers & powers)) for platform, place in self.on)
        return Standing(Place(self.elsewhere.role, self.elsewhere.powers & powers), tuple(on))

    @property
    def powers(self) -> frozenset[str]:
        """All of them, wherever they hold."""
        return self.elsewhere.powers.union(*(place.powers for _platform, place in self.on))

    @property
    def roles(self) -> frozenset[str]:
        """The titles of all its roles, wherever they hold."""
        return frozenset({self.elsewhere.role, *(place.role for _platform, place in self.on)})

    @property
    def is_limited(self) -> bool:
        return bool(self.on)

    def at(self, platform_id: int | None) -> Place:
        return dict(self.on).get(platform_id, self.elsewhere) if platform_id and self.on else self.elsewhere

    def reach(self, *powers: str) -> Reach:
        """Where one has any of these powers."""
        everywhere = not self.elsewhere.powers.isdisjoint(powers)
        but = (platform for platform, place in self.on if place.powers.isdisjoint(powers) == everywhere)
        return Reach(everywhere, frozenset(but))
