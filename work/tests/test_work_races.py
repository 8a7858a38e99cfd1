"""Two who move a unit at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from audit.models import Entry
from kit.errors import Refusal
from kit.tests.racing import alone, race
from work import actions
from work.models import Unit

pytestmark = pytest.mark.django_db(transaction=True)


def test_heartbeats_at_once_are_all_counted(unit_in, sys):
    unit = unit_in()
    race(unit, *[partial(actions.heartbeat, unit.pk, actor=sys)] * 5)

    assert Unit.objects.get(pk=unit.pk).interaction_count == 5
    assert sorted(entry.data["interactions"] for entry in Entry.objects.about("unit", unit.pk)) == [1, 2, 3, 4, 5]


def test_of_two_ends_one_is_it(unit_in, sys, ada):
    unit = unit_in()
    told = race(unit, partial(actions.complete, unit.pk, actor=sys), partial(actions.cancel, unit.pk, actor=ada))

    assert sum(isinstance(one, Refusal) for one in told) == 1
    assert Entry.objects.about("unit", unit.pk).count() == 1


def test_a_heartbeat_and_the_clock_leave_an_active_unit(unit_in, sys):
    """Whoever comes first: a heartbeat that was in time, or one that brings the unit back."""
    now = timezone.now()
    unit = unit_in(heartbeat_seconds=30, heartbeat_due_at=now - timedelta(seconds=1))
    race(unit, partial(actions.heartbeat, unit.pk, actor=sys))
    actions.stall_silent(now)

    assert Unit.objects.get(pk=unit.pk).status == "active"


@pytest.mark.parametrize(
    "turn, about", [(actions.stall_silent, "heartbeat_due_at"), (actions.expire_overdue, "expires_at")]
)
def test_the_clock_waits_for_nobody_and_serves_the_others(unit_in, turn, about):
    now = timezone.now()
    busy, other = (unit_in(**{about: now - timedelta(seconds=1)}) for _ in range(2))

    with ThreadPoolExecutor(1) as thread, transaction.atomic():
        Unit.objects.select_for_update().get(pk=busy.pk)
        assert thread.submit(alone, partial(turn, now)).result(10) == 1

    assert Unit.objects.get(pk=busy.pk).status == "active"
    assert Unit.objects.get(pk=other.pk).status != "active"
    assert turn(now) == 1
