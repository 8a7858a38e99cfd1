"""Heartbeats, stalls and expiry: what time does to a unit."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Entry
from kit.errors import Refusal
from work import actions, tasks
from work.models import Unit

SECOND = timedelta(seconds=1)


def fresh(unit: Unit) -> Unit:
    return Unit.objects.get(pk=unit.pk)


def lines(unit: Unit) -> list[tuple[str, str]]:
    return list(Entry.objects.about("unit", unit.pk).order_by("pk").values_list("verb", "actor_name"))


def test_a_heartbeat_counts_and_is_written_down(unit_in, sys, heard):
    unit = unit_in()
    before = timezone.now()
    actions.heartbeat(unit.pk, actor=sys, note="Half done.")
    beaten = fresh(unit)

    assert beaten.interaction_count == 1
    assert beaten.heartbeat_at >= before
    assert (beaten.status, beaten.note) == ("active", "Half done.")
    assert Entry.objects.about("unit", unit.pk).get().data == {"interactions": 1}
    assert heard == [("work.unit", str(unit.pk), unit.organization_id)]


def test_a_heartbeat_without_a_note_keeps_the_last_one(unit_in, sys):
    unit = unit_in(note="Half done.")
    actions.heartbeat(unit.pk, actor=sys)

    assert fresh(unit).note == "Half done."


@pytest.mark.parametrize("status", ["pending", "awaiting_pilot", "paused", "completed", "failed", "cancelled"])
def test_a_heartbeat_needs_an_active_unit(unit_in, sys, status):
    unit = unit_in(status)

    with pytest.raises(Refusal, match="A heartbeat needs an active unit"):
        actions.heartbeat(unit.pk, actor=sys)
    assert fresh(unit).interaction_count == 0
    assert lines(unit) == []


def test_a_caller_that_loops_stalls_its_unit(unit_in, sys):
    unit = unit_in(max_interactions=2)
    for _ in range(2):
        assert actions.heartbeat(unit.pk, actor=sys).status == "active"

    assert actions.heartbeat(unit.pk, actor=sys).status == "stalled"
    assert fresh(unit).note == "Too many interactions."
    assert [verb for verb, _who in lines(unit)] == ["unit.heartbeat", "unit.heartbeat", "unit.stalled"]


def test_no_heartbeat_brings_back_a_unit_that_looped(unit_in, sys):
    unit = unit_in(max_interactions=1)
    actions.heartbeat(unit.pk, actor=sys)
    actions.heartbeat(unit.pk, actor=sys)

    for _ in range(3):
        with pytest.raises(Refusal, match="has used its 1 interactions; ask a pilot to resume it"):
            actions.heartbeat(unit.pk, actor=sys)
    assert fresh(unit).interaction_count == 2


def test_a_pilot_who_retries_it_gives_it_all_its_interactions_again(unit_in, sys, ada):
    unit = unit_in(max_interactions=1)
    actions.heartbeat(unit.pk, actor=sys)
    actions.heartbeat(unit.pk, actor=sys)
    actions.release(unit.pk, actor=ada)

    assert fresh(unit).interaction_count == 0
    assert actions.heartbeat(unit.pk, actor=sys).status == "active"


def test_a_refused_release_leaves_the_count(unit_in, ada):
    unit = unit_in("active", interaction_count=7)

    with pytest.raises(Refusal):
        actions.release(unit.pk, actor=ada)
    assert fresh(unit).interaction_count == 7


def test_a_stalled_unit_comes_back_with_a_heartbeat(unit_in, sys):
    unit = unit_in("stalled", heartbeat_seconds=30, note="No heartbeat.")
    before = timezone.now()
    actions.heartbeat(unit.pk, actor=sys, note="Back again.")
    back = fresh(unit)

    assert (back.status, back.interaction_count, back.note) == ("active", 1, "Back again.")
    assert back.heartbeat_at >= before
    assert back.heartbeat_due_at >= before + 30 * SECOND
    assert lines(unit) == [("unit.active", "CI runner")]


def test_only_an_active_unit_whose_gate_asks_for_it_owes_a_heartbeat(unit_in, sys):
    owing, free = unit_in(heartbeat_seconds=30), unit_in()
    before = timezone.now()
    actions.heartbeat(owing.pk, actor=sys)
    actions.heartbeat(free.pk, actor=sys)

    assert before + 30 * SECOND <= fresh(owing).heartbeat_due_at <= timezone.now() + 30 * SECOND
    assert fresh(free).heartbeat_due_at is None

    actions.pause(owing.pk, actor=sys)
    assert fresh(owing).heartbeat_due_at is None
    actions.release(owing.pk, actor=sys)
    assert fresh(owing).heartbeat_due_at is not None
    actions.complete(owing.pk, actor=sys)
    assert fresh(owing).heartbeat_due_at is None


def test_silence_stalls_a_unit_and_the_system_signs(unit_in, heard):
    now = timezone.now()
    silent = unit_in(heartbeat_seconds=30, heartbeat_due_at=now - SECOND)
    talking = unit_in(heartbeat_seconds=30, heartbeat_due_at=now + SECOND)
    waiting = unit_in("awaiting_pilot", heartbeat_due_at=now - SECOND)

    assert actions.stall_silent(now) == 1
    assert (fresh(silent).status, fresh(silent).note) == ("stalled", "No heartbeat.")
    assert [fresh(talking).status, fresh(waiting).status] == ["active", "awaiting_pilot"]
    assert lines(silent) == [("unit.stalled", "Chameleon")]
    assert heard == [("work.unit", str(silent.pk), silent.organization_id)]
    assert actions.stall_silent(now) == 0


@pytest.mark.parametrize(
    "status, becomes", [("pending", "cancelled"), ("active", "cancelled"), ("stalled", "cancelled")]
)
def test_an_open_unit_past_its_expiry_is_cancelled(unit_in, status, becomes):
    now = timezone.now()
    unit = unit_in(status, expires_at=now - SECOND)

    assert actions.expire_overdue(now) == 1
    assert (fresh(unit).status, fresh(unit).note) == (becomes, "The unit expired.")
    assert lines(unit) == [("unit.cancelled", "Chameleon")]
    assert actions.expire_overdue(now) == 0


@pytest.mark.parametrize("status", ["awaiting_pilot", "paused", "completed", "failed", "cancelled"])
def test_a_unit_that_waits_or_is_settled_does_not_expire_by_itself(unit_in, status):
    now = timezone.now()
    unit = unit_in(status, expires_at=now - SECOND)

    assert actions.expire_overdue(now) == 0
    assert fresh(unit).status == status


def test_a_unit_without_an_expiry_or_before_it_stays(unit_in):
    now = timezone.now()
    unit_in()
    unit_in(expires_at=now + SECOND)

    assert actions.expire_overdue(now) == 0


def test_one_turn_of_the_clock_takes_so_many_and_the_oldest_first(unit_in):
    now = timezone.now()
    units = [unit_in(expires_at=now - seconds * SECOND) for seconds in (1, 3, 2)]

    assert actions.expire_overdue(now, limit=2) == 2
    assert [fresh(unit).status for unit in units] == ["active", "cancelled", "cancelled"]


def test_every_organization_is_served_in_its_own_name(unit_in, elsewhere):
    now = timezone.now()
    here = unit_in(expires_at=now - SECOND)
    there = unit_in(expires_at=now - SECOND)
    Unit.objects.filter(pk=there.pk).update(organization=elsewhere)

    assert actions.expire_overdue(now) == 2
    for unit, organization_id in ((here, here.organization_id), (there, elsewhere.pk)):
        line = Entry.objects.about("unit", unit.pk).get()
        assert (line.organization_id, line.actor.organization_id) == (organization_id, organization_id)


def test_the_clock_does_both_and_may_come_twice(unit_in):
    now = timezone.now()
    silent = unit_in(heartbeat_seconds=1, heartbeat_due_at=now - SECOND)
    overdue = unit_in(expires_at=now - SECOND)
    tasks.watch(timestamp=0)
    tasks.watch(timestamp=0)

    assert [fresh(silent).status, fresh(overdue).status] == ["stalled", "cancelled"]
    assert len(lines(silent)) == len(lines(overdue)) == 1
