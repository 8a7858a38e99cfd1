"""The kill switch: who may pull it, over what, and what is refused."""

import pytest

from audit.models import Entry
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention, Stop
from interventions.tests.asking import ask, narrowed, status_of, unit_of, verbs
from interventions.tests.stopping import WHY, go_on, stop
from kit.errors import BadInput, NotAllowed, Refusal, Stopped

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("person", ["ada", "vi", "sys"])
def test_only_an_admin_pulls_it(request, gate, person):
    with pytest.raises(NotAllowed, match="Only an Admin may stop work"):
        stop(request.getfixturevalue(person))


def test_a_key_needs_the_scope_admin(gate, max):
    with pytest.raises(NotAllowed):
        stop(narrowed(max, "submit", "read", "decide"))

    assert stop(narrowed(max, "admin")).is_on


@pytest.mark.parametrize("scope", ["organization", "platform", "gate", "workflow"])
def test_each_scope_pauses_its_active_units_and_no_other(gate, max, sys, scope):
    inside = unit_of(sys, workflow="nightly")
    outside = unit_of(sys, gate="loans", workflow="daily")
    target = {"organization": "", "platform": inside.platform.slug, "gate": "deploys", "workflow": "nightly"}[scope]
    stop(max, scope, target)

    assert status_of(inside) == "paused"
    assert status_of(outside) == ("paused" if scope in {"organization", "platform"} else "active")
    assert verbs(inside) == ["unit.paused"]
    line = Entry.objects.get(verb="unit.paused", subject_id=str(inside.pk))
    assert (line.actor, line.data) == (max, {"was": "active", "note": WHY})


@pytest.mark.parametrize(
    "wrong, named",
    [
        ({"scope": "planet", "target": ""}, "scope"),
        ({"scope": "gate", "target": "nowhere"}, "target"),
        ({"scope": "platform", "target": "nowhere"}, "target"),
        ({"scope": "workflow", "target": " "}, "target"),
        ({"scope": "organization", "target": "deploys"}, "target"),
        ({"scope": "workflow", "target": "a\x00b"}, "target"),
        ({"reason": "  "}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"reason": "a\x00b"}, "reason"),
    ],
)
def test_what_names_nothing_or_says_nothing_is_refused(gate, max, wrong, named):
    with pytest.raises(BadInput) as refused:
        stop(max, **wrong)

    assert [error["field"] for error in refused.value.errors] == [named]
    assert not Stop.objects.exists()


def test_a_gate_of_another_organization_cannot_be_stopped(gate, cy):
    with pytest.raises(BadInput):
        stop(cy)


def test_the_same_scope_a_second_time_names_the_first(gate, max, eve):
    first = stop(max)
    with pytest.raises(Refusal, match="Max Keller has stopped the gate deploys") as refused:
        stop(eve)
    assert refused.value.members["stop"] == str(first.pk)

    go_on(first, max)
    assert stop(eve).is_on


def test_nothing_new_is_asked_about_what_is_stopped(gate, max, sys):
    unit = unit_of(sys)
    elsewhere = unit_of(sys, gate="loans")
    stopped = stop(max)

    with pytest.raises(Stopped, match="Max Keller has stopped") as refused:
        ask(sys, unit=unit.pk)
    assert refused.value.members["stop"] == str(stopped.pk)
    assert refused.value.members["type"].endswith("/problems/stopped")
    assert ask(sys, unit=elsewhere.pk)
    assert ask(sys)

    stop(max, "organization", "")
    with pytest.raises(Stopped):
        ask(sys)


def test_a_question_asked_before_is_found_again_while_stopped(gate, max, sys):
    question = ask(sys, external_id="q-1")
    stop(max, "organization", "")

    assert ask(sys, external_id="q-1").pk == question.pk


def test_questions_raised_directly_are_found_by_their_platform_of_asking(max, sys):
    keyed = narrowed(sys, "submit")
    keyed.platform = keyed.organization.platforms.earliest("pk")
    stop(max, "platform", keyed.platform.slug)

    with pytest.raises(Stopped):
        actions.raise_intervention(Question(kind="approval", title="Deploy"), actor=keyed)
    assert not Intervention.objects.exists()
