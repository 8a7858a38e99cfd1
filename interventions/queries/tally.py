"""Everything that was settled in a span, by gate, kind, priority, source and pilot: told by the sums."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from accounts.models import Membership
from guardians.models import Gate, Kind
from interventions.models import InterventionQuerySet, Source
from interventions.queries.counting import EXPIRED, UNANSWERED, Sums, pilot_sums, settled_sums
from work.models import Priority

MOST_LINES = 12
PEOPLE = (Source.HUMAN, Source.QUORUM)


@dataclass
class Times:
    """How long answers took, in seconds, and how many came late; how many questions ended in all."""

    settled: int = 0
    decided: int = 0
    late: int = 0
    expired: int = 0
    seconds: float = 0.0
    bins: dict[int, tuple[int, float]] = field(default_factory=dict)

    def add(self, narrow: int, n: int, late: int, seconds: float) -> None:
        """So many that took about as long, or that nobody answered."""
        self.settled += n
        if narrow < 0:
            self.expired += n if narrow == EXPIRED else 0
            return
        self.decided += n
        self.late += late
        self.seconds += seconds
        before, total = self.bins.get(narrow, (0, 0.0))
        self.bins[narrow] = (before + n, total + seconds)

    @property
    def in_time(self) -> float | None:
        """In percent."""
        return 100 * (self.decided - self.late) / self.decided if self.decided else None

    @property
    def mean(self) -> float | None:
        return self.seconds / self.decided if self.decided else None

    @property
    def median(self) -> float | None:
        return self.percentile(0.5)

    @property
    def p90(self) -> float | None:
        return self.percentile(0.9)

    @property
    def p99(self) -> float | None:
        return self.percentile(0.99)

    def percentile(self, share: float) -> float | None:
        """Interpolated between ranks, as PERCENTILE_CONT does."""
        if not self.decided:
            return None
        place = share * (self.decided - 1)
        low, part = int(place), place - int(place)
        at_low = self._at(low)
        return at_low if not part else at_low + part * (self._at(low + 1) - at_low)

    def _at(self, rank: int) -> float:
        passed, mean = 0, 0.0
        for narrow in sorted(self.bins):
            count, total = self.bins[narrow]
            mean, passed = total / count, passed + count
            if rank < passed:
                break
        return mean


@dataclass(frozen=True)
class TallyLine:
    """How one gate, kind, priority or pilot fared: the word of the wire, the words for people, the figures."""

    key: str
    name: str
    times: Times


@dataclass(frozen=True)
class Tally:
    """What was settled in a span."""

    times: Times  # of pilots' answers
    wide: dict[int, tuple[int, int]]  # of those, by wide bin: in time, late
    sources: dict[str, Times]
    gates: Sequence[TallyLine]
    kinds: Sequence[TallyLine]
    priorities: Sequence[TallyLine]
    pilots: Sequence[TallyLine]  # whoever gave most answers stands first
    timeouts: dict[str, int]  # what the clock did where nobody answered


def tally_settled(settled: InterventionQuerySet) -> Tally:
    """Four statements: two passes, the names of the gates, and the members."""
    return told_by({**settled_sums(settled), **pilot_sums(settled)})


def told_by(sums: Sums) -> Tally:
    """Two statements: the names of the gates, and the members."""
    found: dict[str, dict[Any, Times]] = defaultdict(lambda: defaultdict(Times))
    for key, counted in _of(sums, "source", "gate", "kind", "priority", "pilot"):
        found[key[0]][key[1]].add(key[-1], *counted)
    gates = dict(Gate.objects.filter(pk__in=[pk for pk in found["gate"] if pk]).values_list("pk", "slug"))
    return Tally(
        _in_all(sums),
        _wide(sums),
        dict(found["source"]),
        _lines((slug, slug, found["gate"][pk]) for pk, slug in gates.items())[:MOST_LINES],
        _lines((kind, str(Kind(kind).label), times) for kind, times in found["kind"].items()),
        [
            TallyLine(Priority(at).word, str(Priority(at).label), times)
            for at, times in sorted(found["priority"].items())
        ],
        _pilots(found["pilot"]),
        _timeouts(sums),
    )


def _of(sums: Sums, *names: str) -> Iterable[tuple[tuple[Any, ...], tuple[int, int, float]]]:
    return ((key, counted) for key, counted in sums.items() if key[0] in names)


def _in_all(sums: Sums) -> Times:
    times = Times()
    for (_name, source, _at, _timeout, narrow), counted in _of(sums, "source"):
        unanswered = EXPIRED if source == Source.TIMEOUT_DEFAULT else UNANSWERED
        times.add(narrow if source in PEOPLE else unanswered, *counted)
    return times


def _wide(sums: Sums) -> dict[int, tuple[int, int]]:
    wide: dict[int, tuple[int, int]] = {}
    for (_name, source, at, _timeout, _narrow), (n, late, _seconds) in _of(sums, "source"):
        if source in PEOPLE:
            before = wide.get(at, (0, 0))
            wide[at] = (before[0] + n - late, before[1] + late)
    return wide


def _timeouts(sums: Sums) -> dict[str, int]:
    found: dict[str, int] = {}
    for (_name, _source, _at, timeout, _narrow), (n, _late, _seconds) in _of(sums, "source"):
        if timeout:
            found[timeout] = found.get(timeout, 0) + n
    return found


def _pilots(found: dict[int, Times]) -> list[TallyLine]:
    first = sorted(found, key=lambda by: (-found[by].decided, by))[:MOST_LINES]
    members = Membership.objects.select_related("pilot").in_bulk(first)
    return [TallyLine(members[by].pilot.public_id, members[by].name, found[by]) for by in first]


def _lines(found: Iterable[tuple[str, str, Times]]) -> list[TallyLine]:
    lines = [TallyLine(*one) for one in found]
    return sorted(lines, key=lambda line: (-line.times.settled, line.key))
