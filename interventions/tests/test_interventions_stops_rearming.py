"""Lifting a stop: who may, what goes on, and two Admins where the organization wants two."""

from datetime import timedelta

import pytest
from django.utils import timezone

from interventions.tests.asking import fresh, status_of, unit_of, verbs
from interventions.tests.stopping import go_on, stop
from kit.errors import BadInput, NotAllowed, NotThere, Refusal

pytestmark = pytest.mark.django_db


def test_rearming_lets_paused_units_go_on(gate, max, sys):
    unit = unit_of(sys, expires_at=timezone.now() + timedelta(hours=1))
    stopped = stop(max)
    type(unit).objects.filter(pk=unit.pk).update(updated_at=timezone.now() - timedelta(minutes=5))
    was = unit.expires_at
    go_on(stopped, max)

    assert status_of(unit) == "active"
    assert 300 <= (fresh(unit).expires_at - was).total_seconds() < 330
    assert verbs(unit) == ["unit.paused", "unit.active"]
    assert verbs(stopped) == ["kill_switch.pulled", "kill_switch.rearmed"]
    assert fresh(stopped).rearmed_by == max


def test_rearming_may_cancel_them_instead(gate, max, sys):
    unit = unit_of(sys)
    go_on(stop(max), max, cancels=True)

    assert status_of(unit) == "cancelled"
    assert fresh(unit).settled_at is not None


def test_a_unit_stays_paused_while_any_stop_covers_it(gate, max, sys):
    unit, other = unit_of(sys), unit_of(sys, gate="loans")
    narrow, wide = stop(max), stop(max, "organization", "")

    go_on(wide, max)
    assert (status_of(unit), status_of(other)) == ("paused", "active")
    go_on(narrow, max)
    assert status_of(unit) == "active"


def test_the_narrow_one_first_leaves_all_to_the_wide_one(gate, max, sys):
    unit = unit_of(sys)
    narrow, wide = stop(max), stop(max, "organization", "")
    go_on(narrow, max)
    assert status_of(unit) == "paused"
    go_on(wide, max)
    assert status_of(unit) == "active"


@pytest.mark.parametrize("person, refused", [("ada", NotAllowed), ("vi", NotAllowed), ("cy", NotThere)])
def test_who_may_not_rearm(request, gate, max, person, refused):
    stopped = stop(max)
    with pytest.raises(refused):
        go_on(stopped, request.getfixturevalue(person))

    assert fresh(stopped).is_on


def test_rearming_needs_a_reason_and_happens_once(gate, max, eve):
    stopped = stop(max)
    with pytest.raises(BadInput, match="say why"):
        go_on(stopped, max, reason=" ")
    go_on(stopped, max)
    with pytest.raises(Refusal, match="Max Keller has already re-armed this"):
        go_on(stopped, eve)


def test_two_admins_where_the_organization_wants_two(gate, two_admins, max, eve, sys):
    unit = unit_of(sys)
    stopped = stop(max)

    assert go_on(stopped, max).is_on
    assert (status_of(unit), fresh(stopped).rearm_asked_by) == ("paused", max)
    with pytest.raises(Refusal, match="another Admin has to confirm"):
        go_on(stopped, max)
    assert not go_on(stopped, eve).is_on
    assert status_of(unit) == "active"
    assert verbs(stopped) == ["kill_switch.pulled", "kill_switch.rearm_asked", "kill_switch.rearmed"]
