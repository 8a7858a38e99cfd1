"""Units under a stop: paused where they are, and told so."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from interventions import actions
from interventions.actions import standstill
from interventions.tasks import carry_out_stop, let_go_of_stop
from interventions.tests.asking import fresh, status_of, unit_of
from interventions.tests.stopping import WHY, go_on, stop
from kit.errors import NotAllowed, Refusal, Stopped
from work import actions as work

pytestmark = pytest.mark.django_db


def test_a_unit_with_a_heartbeat_owes_none_while_paused(gate, max, sys):
    unit = unit_of(sys, heartbeat_seconds=30, heartbeat_due_at=timezone.now())
    stopped = stop(max)
    assert fresh(unit).heartbeat_due_at is None
    assert work.stall_silent(timezone.now() + timedelta(hours=1)) == 0

    go_on(stopped, max)
    assert fresh(unit).heartbeat_due_at > timezone.now() + timedelta(seconds=25)


def test_a_stalled_unit_is_not_woken_by_its_heartbeat(gate, max, sys):
    unit = unit_of(sys, "stalled")
    stop(max)

    with pytest.raises(Stopped):
        actions.heartbeat_unit(unit.pk, actor=sys)
    assert status_of(unit) == "stalled"


def test_a_heartbeat_outside_the_scope_is_one(gate, max, sys):
    unit = unit_of(sys, gate="loans")
    stop(max)

    assert actions.heartbeat_unit(unit.pk, actor=sys).interaction_count == 1


def test_a_paused_unit_is_not_completed_and_may_be_cancelled(gate, max, sys):
    unit, other = unit_of(sys), unit_of(sys)
    stop(max)

    with pytest.raises(Refusal, match="paused cannot become completed"):
        work.complete(unit.pk, actor=sys)
    with pytest.raises(Refusal):
        actions.fail_unit(unit.pk, actor=sys)
    assert actions.cancel_unit(other.pk, actor=sys).status == "cancelled"


def test_many_are_paused_in_slices_and_the_rest_by_the_worker(gate, max, sys, monkeypatch):
    monkeypatch.setattr(standstill, "MOVED_AT_ONCE", 2)
    units = [unit_of(sys) for _ in range(5)]
    stopped = actions.pull(scope="gate", target="deploys", reason=WHY, actor=max)
    assert not actions.bring_to_rest(stopped.pk, seconds=0)
    assert [status_of(unit) for unit in units].count("paused") == 2
    carry_out_stop(stop_id=str(stopped.pk))
    assert {status_of(unit) for unit in units} == {"paused"}
    actions.rearm(stopped.pk, reason="Fixed.", actor=max)
    carry_out_stop(stop_id=str(stopped.pk))
    assert not actions.let_go(stopped.pk, seconds=0)
    let_go_of_stop(stop_id=str(stopped.pk), cancels=False)
    assert {status_of(unit) for unit in units} == {"active"}


def test_what_an_admin_began_is_finished_when_they_are_gone(gate, max, sys):
    unit = unit_of(sys)
    stopped = actions.pull(scope="gate", target="deploys", reason=WHY, actor=max)
    type(max).objects.filter(pk=max.pk).update(ended_at=timezone.now())
    actions.bring_to_rest(stopped.pk)

    assert status_of(unit) == "paused"
    assert Entry.objects.get(verb="unit.paused").actor.is_system


def test_bulk_moves_take_only_what_is_where_they_expect_it(sys, vi, cy):
    active, stalled = unit_of(sys), unit_of(sys, "stalled")
    ids = [active.pk, stalled.pk]

    with pytest.raises(NotAllowed):
        work.pause_all(ids, actor=vi)
    assert work.pause_all(ids, actor=cy) == []
    assert work.pause_all(ids, actor=sys) == [active.pk]
    assert work.cancel_all([stalled.pk], actor=sys) == []
    assert work.release_all(ids, actor=sys) == [active.pk]
    assert (status_of(active), status_of(stalled)) == ("active", "stalled")
