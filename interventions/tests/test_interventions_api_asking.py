"""Asking over HTTP: what is taken, what is refused and by which name, and what is told."""

import pytest
from django.test import Client

from accounts.models import Membership
from audit.models import Entry
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.tests.programs import APPROVAL, fields_of, post, program, unit_of


@pytest.fixture
def machine(sys: Membership, key_of) -> Client:
    return program(key_of(sys, "submit"))


def deep(levels: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(levels - 1):
        value = {"in": value}
    return value


def test_a_question_needs_a_kind_and_a_title(machine):
    answer = post(machine, "interventions", APPROVAL)

    assert answer.status_code == 201, answer.content
    told = answer.json()
    assert answer.headers["Location"] == f"/api/interventions/{told['id']}"
    assert machine.get(answer.headers["Location"]).json() == told
    assert told["url"].endswith(f"/interventions/{told['id']}")
    assert (told["status"], told["priority"], told["required_role"]) == ("pending", "normal", "Operator")
    assert told["requested_by"] == "CI runner"
    assert told["decision"] is None
    assert Entry.objects.filter(verb="intervention.raised", subject_id=told["id"]).count() == 1


def test_everything_that_can_be_said_is_kept(machine):
    said = {
        "kind": "clarification",
        "title": "  Which invoice? ",
        "description": "  indented\n\n**Two** match.",
        "context": {"invoices": [2041, 2042], "Größe": "ΩX", "😀": 1},
        "proposed": [1, {"a": None}],
        "priority": "critical",
        "required_role": "Admin",
        "required_approvals": 1,
        "answer_schema": {"type": "object"},
        "requested_by": "invoice-agent",
        "external_id": "inv-1",
        "on_timeout": "cancel",
    }
    told = post(
        machine, "interventions", said | {"expires_in_seconds": 60, "callback_url": "https://example.com/h"}
    ).json()

    assert {name: told[name] for name in said} == said | {"title": "Which invoice?"}
    assert Intervention.objects.get().callback_url == "https://example.com/h"
    assert told["due_at"] == told["expires_at"]


def test_null_means_the_same_as_leaving_it_out(machine):
    optional = [
        "description",
        "context",
        "proposed",
        "priority",
        "unit",
        "required_role",
        "callback_url",
        "answer_schema",
    ]

    assert post(machine, "interventions", APPROVAL | dict.fromkeys(optional)).status_code == 201


def test_the_same_request_again_finds_the_same_question(machine):
    body = APPROVAL | {"external_id": "deploy-4711"}
    first, again = post(machine, "interventions", body), post(machine, "interventions", body)
    other = post(machine, "interventions", body | {"title": "Another"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json()["id"] == again.json()["id"]
    assert Intervention.objects.count() == 1


@pytest.mark.parametrize("who, status", [("ada", 201), ("max", 201), ("sys", 201), ("vi", 403), (None, 401)])
def test_who_may_ask(request, client_of, who, status):
    answer = post(client_of(request.getfixturevalue(who) if who else None), "interventions", APPROVAL)

    assert answer.status_code == status


@pytest.mark.parametrize("scope, status", [("submit", 201), ("read", 403), ("decide", 403), ("admin", 403)])
def test_a_key_asks_with_the_scope_submit(key_of, sys, scope, status):
    assert post(program(key_of(sys, scope)), "interventions", APPROVAL).status_code == status


@pytest.mark.parametrize(
    "wrong, field",
    [
        ({"kind": "approve"}, "kind"),
        ({"kind": "kill_switch"}, "kind"),
        ({"kind": 1}, "kind"),
        ({"kind": None}, "kind"),
        ({"title": ""}, "title"),
        ({"title": " \n"}, "title"),
        ({"title": 7}, "title"),
        ({"title": True}, "title"),
        ({"title": ["x"]}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"title": "a\0b"}, "title"),
        ({"description": "x" * 20_001}, "description"),
        ({"description": {"md": "x"}}, "description"),
        ({"context": []}, "context"),
        ({"context": "text"}, "context"),
        ({"context": {"long": "x" * 262_144}}, "context"),
        ({"context": {"big": 2**53}}, "context"),
        ({"context": {"nul": "\0"}}, "context"),
        ({"context": {"\0": 1}}, "context"),
        ({"proposed": [2**64]}, "proposed"),
        ({"proposed": "x" * 262_144}, "proposed"),
        ({"priority": "urgent"}, "priority"),
        ({"priority": 1}, "priority"),
        ({"unit": "not-a-uuid"}, "unit"),
        ({"unit": 5}, "unit"),
        ({"required_role": "King"}, "required_role"),
        ({"required_role": "x" * 151}, "required_role"),
        ({"required_approvals": 0}, "required_approvals"),
        ({"required_approvals": 21}, "required_approvals"),
        ({"required_approvals": "2"}, "required_approvals"),
        ({"required_approvals": True}, "required_approvals"),
        ({"required_approvals": 1.5}, "required_approvals"),
        ({"expires_in_seconds": 0}, "expires_in_seconds"),
        ({"expires_in_seconds": 10**30}, "expires_in_seconds"),
        ({"expires_in_seconds": 31_622_401}, "expires_in_seconds"),
        ({"on_timeout": "shrug"}, "on_timeout"),
        ({"answer_schema": {"type": "objekt"}}, "answer_schema"),
        ({"answer_schema": {"$ref": "https://example.com/schema"}}, "answer_schema"),
        ({"answer_schema": {"$ref": "file:///etc/passwd"}}, "answer_schema"),
        ({"answer_schema": "string"}, "answer_schema"),
        ({"callback_url": "http://127.0.0.1/"}, "callback_url"),
        ({"callback_url": "https://me:secret@example.com/"}, "callback_url"),
        ({"callback_url": "https://example.com/" + "x" * 500}, "callback_url"),
        ({"callback_url": 1}, "callback_url"),
        ({"external_id": ""}, "external_id"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"requested_by": "x" * 201}, "requested_by"),
        ({"expires_in": 60}, "expires_in"),
        ({"status": "approved"}, "status"),
        ({"dialect": {}}, "dialect"),
        ({"organization": 1}, "organization"),
        ({"requester": 1}, "requester"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_wrong_is_named(machine, wrong, field):
    answer = post(machine, "interventions", APPROVAL | wrong)

    assert answer.status_code == 422, answer.content
    assert set(fields_of(answer)) == {field}
    assert not Intervention.objects.exists()


def test_everything_wrong_is_named_at_once(machine):
    answer = post(machine, "interventions", {"kind": "?", "priority": 3, "required_approvals": 0})

    assert set(fields_of(answer)) == {"kind", "title", "priority", "required_approvals"}


@pytest.mark.parametrize("levels, status", [(32, 201), (33, 422)])
def test_json_nests_to_a_depth_of_32(machine, levels, status):
    assert post(machine, "interventions", APPROVAL | {"context": deep(levels)}).status_code == status


def test_a_unit_that_is_named_waits_for_the_answer(machine, client_of, ada, sys):
    unit = unit_of(sys)
    told = post(machine, "interventions", APPROVAL | {"unit": str(unit.pk)}).json()
    unit.refresh_from_db()
    assert unit.status == "awaiting_pilot"

    decided = post(client_of(ada), f"interventions/{told['id']}/approve").json()
    unit.refresh_from_db()
    assert (unit.status, decided["decision"]["effect"]) == ("active", "active")


def test_a_unit_of_another_organization_is_not_there(machine, cy):
    answer = post(machine, "interventions", APPROVAL | {"unit": str(unit_of(cy).pk)})

    assert answer.status_code == 404
    assert not Intervention.objects.exists()


def test_what_was_asked_is_told_to_those_who_may_see_it(machine, client_of, vi):
    told = post(machine, "interventions", APPROVAL).json()

    assert client_of(vi).get(f"/api/interventions/{told['id']}").json() == told


def test_reading_marks_nothing_as_seen(client_of, ada, sys):
    question = actions.raise_intervention(Question(kind="approval", title="x"), actor=sys)
    client_of(ada).get(f"/api/interventions/{question.pk}")
    question.refresh_from_db()

    assert question.first_seen_at is None
