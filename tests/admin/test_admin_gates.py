"""Gates and guardians in Django's admin: changed by actions, refused in the form."""

from typing import Any

import pytest

from accounts.models import Membership
from guardians.actions import create_gate, post_guardian
from guardians.models import Gate, Guardian
from guardians.policy import policy_at
from tests.admin.pages import page, verbs


def gate_form(**more: Any) -> dict[str, Any]:
    return {
        "name": "Door",
        "operator": "AND",
        "on_block": "ask",
        "kind": "approval",
        "priority": 2,
        "required_role": "Operator",
        "required_approvals": 1,
        "undo_seconds": 0,
        "claim_seconds": 1800,
        "reason_presets": "Fine\nNot now",
        "due_seconds": 900,
        "expires_seconds": 86400,
        "on_timeout": "reject",
        "max_interactions": 20,
    } | more


def test_a_gate_is_opened_and_changed(boss, max):
    boss.post(page(Gate, "add"), gate_form(slug="door"))
    gate = Gate.objects.get(slug="door")
    assert gate.organization_id == max.organization_id
    assert gate.reason_presets == ["Fine", "Not now"]
    assert verbs()[0] == "gate.created"

    boss.post(page(Gate, "change", gate.pk), gate_form(required_approvals=2, slug="other"))
    gate.refresh_from_db()
    assert (gate.required_approvals, gate.slug) == (2, "door")
    assert verbs()[0] == "gate.changed"


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"required_approvals": 0}, "required_approvals"),
        ({"answer_schema": '{"type": 5}'}, "answer_schema"),
        ({"due_seconds": 0}, None),
    ],
)
def test_what_a_gate_cannot_be_is_said_in_its_form(boss, wrong, field):
    answer = boss.post(page(Gate, "add"), gate_form(slug="door", **wrong))

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert field is None or field in answer.context["adminform"].form.errors
    assert not Gate.objects.filter(slug="door").exists()


def test_a_guardian_is_changed_by_posting_its_next_version(boss, ours, max):
    guardian = Gate.objects.get(organization=max.organization).guardians.get()
    rules = '{"rules": [{"field": "amount", "condition": "lt", "value": 50}]}'
    form = {"type": "CRITERIA_GATE", "config": rules, "mode": "shadow", "percent": 100, "on_block": "reject"}

    assert '"value": 1' in boss.get(page(type(guardian), "change", guardian.pk)).text.replace("&quot;", '"')
    boss.post(page(type(guardian), "change", guardian.pk), form)

    newest = guardian.versions.latest("number")
    assert (newest.number, newest.mode, newest.config["rules"][0]["value"]) == (2, "shadow", 50)
    assert newest.created_by == max
    assert verbs()[0] == "guardian.posted"


def test_a_configuration_that_does_not_compile_is_said_in_the_form(boss, ours, max):
    guardian = Gate.objects.get(organization=max.organization).guardians.get()
    form = {"type": "EXPRESSION", "config": '{"expression": "1 +"}', "mode": "enforce", "percent": 100}
    answer = boss.post(page(type(guardian), "change", guardian.pk), form)

    assert answer.status_code == 200
    assert "config" in answer.context["adminform"].form.errors
    assert guardian.versions.count() == 1


@pytest.mark.parametrize(
    "kind, config, where",
    [
        ("TTL_CHECK", '{"max_age": 5}', "max_age: there is no such setting"),
        ("EXPRESSION", "{}", "expression: is missing"),
        ("CRITERIA_GATE", '{"rules": [{"field": "a", "condition": "sorts"}]}', "rules[0].condition: must be one of"),
        ("PASS_THRU", "[1]", "must be an object"),
    ],
)
def test_where_a_configuration_is_wrong_is_said_with_the_reason(boss, ours, max, kind, config, where):
    guardian = Gate.objects.get(organization=max.organization).guardians.get()
    form = {"type": kind, "config": config, "mode": "enforce", "percent": 100}

    answer = boss.post(page(Guardian, "change", guardian.pk), form)

    assert answer.context["adminform"].form.errors["config"][0].startswith(where)


@pytest.fixture
def three(max: Membership) -> Gate:
    gate = create_gate("row", actor=max, name="Row")
    for name in ("a", "b", "c"):
        post_guardian(gate.pk, name, type="PASS_THRU", config={}, actor=max)
    return gate


def names(gate: Gate) -> list[str]:
    return list(gate.guardians.values_list("name", flat=True))


def test_a_guardian_is_given_another_place_without_a_new_version(boss, three):
    last = three.guardians.get(name="c")
    form = {"type": "PASS_THRU", "config": "{}", "mode": "enforce", "percent": 100, "position": 1}

    boss.post(page(Guardian, "change", last.pk), form)

    assert names(three) == ["c", "a", "b"]
    assert last.versions.count() == 1
    assert verbs()[0] == "guardian.placed"
    assert [one["guardian"] for one in policy_at(three.organization_id, "row").snapshot] == ["c", "a", "b"]


def test_a_place_the_row_does_not_have_is_said_in_the_form(boss, three):
    first = three.guardians.get(name="a")
    form = {"type": "TTL_CHECK", "config": "{}", "mode": "enforce", "percent": 100, "position": 4}

    answer = boss.post(page(Guardian, "change", first.pk), form)

    assert answer.context["adminform"].form.errors["position"] == ["from 1 to 3"]
    assert names(three) == ["a", "b", "c"]
    assert first.versions.count() == 1


def test_a_new_guardian_is_put_where_it_belongs(boss, three):
    form = {"gate": three.pk, "name": "d", "type": "PASS_THRU", "config": "{}", "mode": "enforce", "percent": 100}

    boss.post(page(Guardian, "add"), form | {"position": 2})

    assert names(three) == ["a", "d", "b", "c"]
