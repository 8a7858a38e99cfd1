"""What a guardian looks at, and what it says."""

from datetime import UTC, datetime
from typing import Any

import msgspec

CLOCK_SKEW_SECONDS = 5
"""How far ahead of `now` a timestamp may be: the clocks of two machines never quite agree."""


# `dict=True` gives the frozen snapshot a place where guardians/cel keeps what it built from it once.
class UnitSnapshot(msgspec.Struct, frozen=True, dict=True, kw_only=True):
    """A unit of work as it was when it was judged. Never change its attributes afterwards.

    `priority` is the word (critical, high, normal, low), `parent` the parent's id or None.
    `children_finished` completed, `children_failed` ended otherwise. `created_at` is aware, or None
    when nobody knows.
    """

    id: str = ""
    external_id: str = ""
    gate: str = ""
    workflow: str = ""
    title: str = ""
    platform: str = ""
    attributes: dict[str, Any] = {}
    proposed: Any = None
    priority: str = "normal"
    parent: str | None = None
    submitter: str = ""
    children_total: int = 0
    children_finished: int = 0
    children_failed: int = 0
    created_at: datetime | None = None

    def facts(self) -> dict[str, Any]:
        """What rules may read, as JSON values: the moment of creation is RFC 3339 text in UTC."""
        return {
            "id": self.id,
            "external_id": self.external_id,
            "gate": self.gate,
            "workflow": self.workflow,
            "title": self.title,
            "platform": self.platform,
            "priority": self.priority,
            "parent": self.parent,
            "submitter": self.submitter,
            "attributes": self.attributes,
            "proposed": self.proposed,
            "children_total": self.children_total,
            "children_finished": self.children_finished,
            "children_failed": self.children_failed,
            "created_at": self.fact("created_at"),
        }

    def fact(self, name: str) -> Any:
        """One of FACTS as a JSON value."""
        value = getattr(self, name)
        if isinstance(value, datetime):
            # Without an offset it stays as it is: astimezone would take it for the machine's own time.
            return (value.astimezone(UTC) if value.utcoffset() is not None else value).isoformat()
        return value

    def age_at(self, now: datetime) -> float | None:
        """Seconds from creation to `now`; None without a timestamp that says which moment it means.

        A timestamp a little ahead (CLOCK_SKEW_SECONDS) is age 0, one further ahead a negative age.
        """
        made = self.created_at
        if not isinstance(made, datetime) or made.utcoffset() is None:
            return None
        seconds = (now - made).total_seconds()
        return 0.0 if -CLOCK_SKEW_SECONDS <= seconds < 0 else seconds


FACTS = frozenset(UnitSnapshot().facts())
"""What a rule may read of a unit: `unit.title` in a field path, `unit.title` in an expression."""


class Verdict(msgspec.Struct, frozen=True):
    """What one guardian says about one unit.

    `reason` is a sentence for a pilot, in English whoever asks: it is kept in the ledger, and the same
    unit must always give the same verdict. `evidence` is JSON.
    """

    allowed: bool
    reason: str
    evidence: dict[str, Any] = {}
    directions: tuple[str, ...] = ()
