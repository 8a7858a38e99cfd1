"""What is done to units of work."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.utils import timezone

from interventions.tests.asking import unit_of
from tests.deeds.case import UNIT, Case, Cast, Deed
from work import actions as work


def on_a_unit(move: Deed, status: str = "active") -> Callable[[Cast], Deed]:
    """The move, of a unit in that state."""

    def ready(cast: Cast) -> Deed:
        settled = {"settled_at": timezone.now()} if status == "completed" else {}
        unit = unit_of(cast.sys, status, **settled)
        return lambda actor: move(unit.pk, actor=actor)

    return ready


def some_units(move: Deed, status: str) -> Callable[[Cast], Deed]:
    """The bulk form of a move, of two units in that state."""

    def ready(cast: Cast) -> Deed:
        ids = [unit_of(cast.sys, status).pk for _ in range(2)]
        return lambda actor: move(ids, actor=actor)

    return ready


def a_unit_that_runs_out(cast: Cast) -> Deed:
    unit = unit_of(cast.sys, expires_at=timezone.now())
    return lambda actor: work.extend(unit.pk, until=timezone.now() + timedelta(hours=1), actor=actor)


CASES = {
    ("work", "heartbeat"): Case(on_a_unit(work.heartbeat), ["unit.heartbeat"], UNIT, actor="sys"),
    ("work", "complete"): Case(on_a_unit(work.complete), ["unit.completed"], UNIT, actor="sys"),
    ("work", "fail"): Case(on_a_unit(work.fail), ["unit.failed"], UNIT, actor="sys"),
    ("work", "cancel"): Case(on_a_unit(work.cancel), ["unit.cancelled"], UNIT, actor="sys"),
    ("work", "end_unreported"): Case(
        on_a_unit(partial(work.end_unreported, went_ahead=True)),
        ["unit.completed"],
        UNIT,
        actor="sys",
        viewer=None,
        stranger=None,
    ),
    ("work", "await_pilot"): Case(on_a_unit(work.await_pilot), ["unit.awaiting_pilot"], UNIT, actor="sys"),
    ("work", "release"): Case(on_a_unit(work.release, "stalled"), ["unit.active"], UNIT),
    ("work", "pause"): Case(on_a_unit(work.pause), ["unit.paused"], UNIT),
    ("work", "extend"): Case(a_unit_that_runs_out, ["unit.extended"], UNIT),
    ("work", "pause_all"): Case(some_units(work.pause_all, "active"), ["unit.paused"] * 2, UNIT, stranger=None),
    ("work", "release_all"): Case(some_units(work.release_all, "paused"), ["unit.active"] * 2, UNIT, stranger=None),
    ("work", "cancel_all"): Case(some_units(work.cancel_all, "paused"), ["unit.cancelled"] * 2, UNIT, stranger=None),
    ("work", "archive"): Case(on_a_unit(work.archive, "completed"), ["unit.archived"], UNIT),
}
