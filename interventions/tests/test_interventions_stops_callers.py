"""Who is told of a stop, and who has acknowledged it."""

import pytest

from interventions import actions
from interventions.models import Acknowledgement
from interventions.queries.stop_pages import as_stop, stop_seen_by, tally_of
from interventions.tests.asking import ask, held, unit_of, verbs
from interventions.tests.stopping import WHY, stop
from kit.errors import NotAllowed, NotThere, Stopped

pytestmark = pytest.mark.django_db


def test_a_heartbeat_is_told_and_counts_as_acknowledged(gate, max, sys):
    unit = unit_of(sys)
    stopped = stop(max)
    row = Acknowledgement.objects.get()
    assert (row.caller, row.units, row.told_at, row.acknowledged_at) == (sys, 1, None, None)

    with pytest.raises(Stopped, match=WHY):
        actions.heartbeat_unit(unit.pk, actor=sys)
    row.refresh_from_db()
    assert row.told_at is not None
    assert row.acknowledged_at is not None
    assert tally_of(stopped).acknowledged == 1


def test_a_caller_acknowledges_by_itself_and_once(gate, max, sys):
    unit_of(sys)
    stopped = stop(max)
    actions.acknowledge(stopped.pk, actor=sys)
    actions.acknowledge(stopped.pk, actor=sys)

    assert verbs(stopped) == ["kill_switch.pulled", "kill_switch.acknowledged"]
    told = as_stop(stop_seen_by(max, stopped.pk), tally=tally_of(stopped))
    assert (told["acknowledged"], told["paused"], [row["caller"] for row in told["callers"]]) == (1, 1, ["CI runner"])


def test_a_viewer_or_a_stranger_acknowledges_nothing(gate, max, vi, cy):
    stopped = stop(max)
    with pytest.raises(NotAllowed):
        actions.acknowledge(stopped.pk, actor=vi)
    with pytest.raises(NotThere):
        actions.acknowledge(stopped.pk, actor=cy)


def test_somebody_who_looks_on_does_not_become_a_caller(gate, max, ada, sys):
    unit_of(sys)
    stopped = stop(max)
    actions.note_told(stopped.pk, actor=ada)
    assert Acknowledgement.objects.filter(told_at=None).count() == 1

    actions.note_told(stopped.pk, actor=ada, is_caller=True)
    assert Acknowledgement.objects.get(caller=ada).told_at is not None


def test_everyone_who_asked_in_scope_is_a_caller(max, sys, bo):
    held(sys)
    unit_of(sys)
    ask(bo)
    stopped = stop(max, "organization", "")

    assert dict(stopped.acknowledgements.values_list("caller", "units")) == {sys.pk: 2, bo.pk: 0}
