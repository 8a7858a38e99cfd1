"""A key that is for some gates: it submits to them, sees and decides what is theirs, and nothing else."""

import pytest
from django.test import Client

from accounts import actions as accounts
from accounts.queries import default_platform_of, membership_of_key, system_of
from audit.models import Entry
from guardians import actions as guardians
from intake import actions as intake
from intake.serializers import UnitIn
from interventions import actions, queries
from interventions.actions import Question
from interventions.models import Intervention
from interventions.topics.program import audience_of
from kit.errors import NotAllowed, NotThere
from work.models import Unit

HELD = {"type": "EXPRESSION", "config": {"expression": "false"}}


@pytest.fixture
def gates(organization):
    system = system_of(organization.pk)
    for slug in ("deploys", "loans"):
        gate = guardians.create_gate(slug, actor=system, name=slug)
        guardians.post_guardian(gate.pk, "no", actor=system, **HELD)


@pytest.fixture
def deployer(gates, sys, max):
    """The machine by a key that is for deployments only."""
    _key, text = accounts.create_key(
        sys,
        name="CI",
        scopes=["submit", "read", "decide"],
        actor=max,
        platform=default_platform_of(max.organization_id),
        gates=["deploys"],
    )
    deployer = membership_of_key(text)
    deployer.text = text
    return deployer


def submit(actor, gate):
    (result,) = intake.submit([UnitIn(gate=gate, external_id=gate, title=gate, attributes={})], actor=actor)
    return result


@pytest.fixture
def loan(deployer, ada):
    """A question of the other gate."""
    submit(ada, "loans")
    return Intervention.objects.get()


def call(actor, path, **about):
    return Client().generic(path=path, headers={"Authorization": f"Bearer {actor.text}"}, **{"method": "GET"} | about)


def test_it_submits_to_its_gates_and_to_no_other(deployer):
    assert submit(deployer, "deploys").status == 201
    refused = submit(deployer, "loans")

    assert (refused.status, refused.problem.sentence) == (403, "This key is not for the gate “loans”.")
    assert submit(deployer, "no-such-gate").status == 403
    assert Unit.objects.count() == 1


def test_a_batch_fails_only_where_it_is_for_another_gate(deployer):
    items = [UnitIn(gate=gate, external_id=gate, title=gate, attributes={}) for gate in ("loans", "deploys")]

    assert [result.status for result in intake.submit(items, actor=deployer)] == [403, 201]


def test_it_sees_and_decides_what_is_of_its_gates(deployer):
    submit(deployer, "deploys")
    question = Intervention.objects.get()

    assert queries.intervention_for(deployer, question.pk) == question
    assert actions.reject(question.pk, actor=deployer, reason="No.").status == "rejected"


def test_what_is_of_another_gate_is_not_there(deployer, loan):
    with pytest.raises(NotThere):
        actions.approve(loan.pk, actor=deployer)
    for path in (f"/api/interventions/{loan.pk}", f"/api/units/{loan.unit_id}"):
        assert call(deployer, path).status_code == 404
    assert call(deployer, "/api/interventions").json()["results"] == []
    assert not Unit.objects.visible_to(deployer).exists()


def test_a_question_without_a_gate_is_neither_asked_nor_seen(deployer, ada):
    actions.raise_intervention(Question(kind="approval", title="Anything?"), actor=ada)

    assert not Intervention.objects.visible_to(deployer).exists()
    with pytest.raises(NotAllowed, match="some gates only"):
        actions.raise_intervention(Question(kind="approval", title="May I?"), actor=deployer)


def test_it_asks_about_units_of_its_gates(deployer, ada, loan):
    submit(ada, "deploys")
    unit = Unit.objects.get(gate="deploys")
    about = {"kind": "approval", "title": "May I?"}

    assert actions.raise_intervention(Question(unit=unit.pk, **about), actor=deployer).unit == unit
    assert Intervention.objects.visible_to(deployer).filter(unit=unit).count() == 2
    with pytest.raises(NotThere):
        actions.raise_intervention(Question(unit=loan.unit_id, **about), actor=deployer)


def test_figures_are_of_its_gates_and_not_shared_with_those_who_see_all(deployer, loan, vi):
    assert queries.metrics_for(vi)["asked"] == 1
    assert queries.metrics_for(deployer)["asked"] == 0


def test_a_socket_hears_of_its_gates_only(deployer, sys, loan):
    assert audience_of(deployer) != audience_of(sys)
    assert not Intervention.objects.visible_to(audience_of(deployer)).exists()
    assert Intervention.objects.visible_to(audience_of(sys)).exists()


def test_it_reads_no_ledger(deployer):
    assert call(deployer, "/api/audit").status_code == 403
    assert not Entry.objects.visible_to(deployer).exists()


def test_an_admins_key_for_some_gates_stops_those_and_nothing_else(gates, max):
    platform = default_platform_of(max.organization_id)
    _key, text = accounts.create_key(
        max, name="Stop", scopes=["admin"], actor=max, platform=platform, gates=["deploys"]
    )
    governor = membership_of_key(text)
    everything = actions.stop_work(scope="organization", reason="It loops.", actor=max)

    with pytest.raises(NotAllowed, match="some gates only"):
        actions.stop_work(scope="gate", target="loans", reason="It loops.", actor=governor)
    with pytest.raises(NotAllowed, match="some gates only"):
        actions.let_work_go_on(everything.pk, reason="It is mended.", actor=governor)
    assert actions.stop_work(scope="gate", target="deploys", reason="It loops.", actor=governor).is_on
