"""The kill switch."""

from collections.abc import Callable
from typing import Any

from interventions import actions as interventions
from interventions.tests.asking import unit_of
from tests.deeds.case import Case, Cast, Deed

STOP = {"interventions.stops"}
STOPPED = STOP | {"interventions.kill_switch", "interventions.counts"}


def a_stop(act: Deed, **words: Any) -> Callable[[Cast], Deed]:
    """The act, on a stop of the whole organization."""

    def ready(cast: Cast) -> Deed:
        unit_of(cast.sys)
        stop = interventions.stop_work(scope="organization", reason="Drill.", actor=cast.max)
        return lambda actor: act(stop.pk, actor=actor, **words)

    return ready


CASES = {
    ("interventions", "pull"): Case(
        lambda cast: lambda actor: interventions.pull(scope="organization", reason="Drill.", actor=actor),
        ["kill_switch.pulled"],
        STOPPED,
        actor="max",
        stranger=None,
    ),
    ("interventions", "rearm"): Case(
        a_stop(interventions.rearm, reason="Over."), ["kill_switch.rearmed"], STOPPED, actor="max"
    ),
    ("interventions", "acknowledge"): Case(
        a_stop(interventions.acknowledge), ["kill_switch.acknowledged"], STOP, actor="sys"
    ),
    ("interventions", "note_told"): Case(
        a_stop(interventions.note_told), [], STOP, actor="sys", viewer=None, stranger=None
    ),
}
