"""The kill switch over HTTP: who may, what is answered, and what is refused."""

import pytest
from drf_spectacular.generators import SchemaGenerator

from interventions import actions
from interventions.models import Stop
from interventions.tests.asking import held, status_of
from interventions.tests.programs import APPROVAL, fields_of, post, program, unit_of
from kit.ids import uuid7

ALL = {"scope": {"organization": True}, "reason": "Drill."}

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(max, key_of):
    return program(key_of(max, "admin"))


@pytest.fixture
def caller(sys, key_of):
    return program(key_of(sys, "submit"))


@pytest.mark.parametrize("person, status", [("ada", 403), ("vi", 403), ("max", 201), ("cy", 201), (None, 401)])
def test_who_may_pull_it(request, client_of, person, status):
    answer = post(client_of(request.getfixturevalue(person) if person else None), "kill-switch", ALL)

    assert answer.status_code == status
    assert Stop.objects.count() == (status == 201)


@pytest.mark.parametrize("scopes", [("submit",), ("read",), ("decide",), ("submit", "read", "decide")])
def test_a_key_without_the_scope_admin_may_not(max, key_of, scopes):
    assert post(program(key_of(max, *scopes)), "kill-switch", ALL).status_code == 403


def test_pulling_it_tells_who_was_stopped(admin, caller, sys):
    unit = unit_of(sys)
    told = post(admin, "kill-switch", ALL | {"scope": {"platform": "main"}}).json()
    if "id" not in told:
        told = post(admin, "kill-switch", {**ALL, "scope": {"platform": unit.platform.slug}}).json()

    assert (told["on"], told["scope"], told["settle"]) == (True, {"platform": unit.platform.slug}, False)
    assert (told["paused"], told["acknowledged"]) == (1, 0)
    assert [(row["caller"], row["units"]) for row in told["callers"]] == [("CI runner", 1)]
    assert status_of(unit) == "paused"

    again = post(caller, f"kill-switch/{told['id']}/acknowledge").json()
    assert again["acknowledged"] == 1
    assert admin.get(f"/api/kill-switch/{told['id']}").json() == again


def test_the_same_scope_twice_names_the_first(admin):
    first = post(admin, "kill-switch", ALL).json()
    answer = post(admin, "kill-switch", ALL)

    assert answer.status_code == 409
    assert answer.json()["stop"] == first["id"]
    assert "Max Keller has stopped the whole organization" in answer.json()["detail"]


@pytest.mark.parametrize(
    "body, field",
    [
        ({"reason": "Drill."}, "scope"),
        ({"scope": {"organization": True}}, "reason"),
        (ALL | {"reason": " "}, "reason"),
        (ALL | {"reason": 5}, "reason"),
        (ALL | {"reason": "x" * 2001}, "reason"),
        (ALL | {"scope": {}}, "scope.body"),
        (ALL | {"scope": {"organization": False}}, "scope.body"),
        (ALL | {"scope": {"gate": "a", "platform": "b"}}, "scope.body"),
        (ALL | {"scope": {"planet": "earth"}}, "scope.planet"),
        (ALL | {"scope": "everything"}, "scope.body"),
        (ALL | {"scope": {"gate": "nowhere"}}, "target"),
        (ALL | {"settle": "maybe"}, "settle"),
        (ALL | {"sure": True}, "sure"),
    ],
)
def test_what_is_wrong_with_a_pull_is_named(admin, body, field):
    answer = post(admin, "kill-switch", body)

    assert (answer.status_code, fields_of(answer)) == (422, [field])
    assert not Stop.objects.exists()


def test_rearming_by_id_and_by_scope(admin, sys):
    unit = unit_of(sys)
    first = post(admin, "kill-switch", ALL).json()
    told = post(admin, "kill-switch/rearm", {"id": first["id"], "reason": "Over."}).json()
    assert (told["on"], told["rearmed_by"], told["rearm_reason"], told["paused"]) == (False, "Max Keller", "Over.", 0)
    assert status_of(unit) == "active"

    post(admin, "kill-switch", ALL)
    told = post(admin, "kill-switch/rearm", {"scope": ALL["scope"], "reason": "Over.", "cancel": True})
    assert (told.status_code, status_of(unit)) == (200, "cancelled")
    nothing = post(admin, "kill-switch/rearm", {"scope": ALL["scope"], "reason": "Over."})
    assert nothing.status_code == 404


@pytest.mark.parametrize(
    "body, field",
    [
        ({"reason": "Over."}, "body"),
        ({"id": str(uuid7()), "scope": {"organization": True}, "reason": "Over."}, "body"),
        ({"id": "7", "reason": "Over."}, "id"),
        ({"id": str(uuid7())}, "reason"),
    ],
)
def test_what_is_wrong_with_a_rearming_is_named(admin, body, field):
    assert fields_of(post(admin, "kill-switch/rearm", body)) == [field]


def test_the_list_has_those_that_are_on_first(admin, client_of, vi):
    first = post(admin, "kill-switch", ALL).json()
    post(admin, "kill-switch/rearm", {"id": first["id"], "reason": "Over."})
    second = post(admin, "kill-switch", ALL).json()

    told = client_of(vi).get("/api/kill-switch").json()["results"]
    assert [(stop["id"], stop["on"]) for stop in told] == [(second["id"], True), (first["id"], False)]


def test_another_organization_sees_nothing_of_it(admin, client_of, cy):
    stop = post(admin, "kill-switch", ALL).json()["id"]
    stranger = client_of(cy)

    assert stranger.get("/api/kill-switch").json() == {"results": []}
    assert stranger.get(f"/api/kill-switch/{stop}").status_code == 404
    assert post(stranger, "kill-switch/rearm", {"id": stop, "reason": "Over."}).status_code == 404
    assert post(stranger, f"kill-switch/{stop}/acknowledge").status_code == 404
    assert Stop.objects.on().exists()


def test_a_question_within_the_scope_is_refused_with_423(admin, caller):
    stop = post(admin, "kill-switch", ALL).json()
    answer = post(caller, "interventions", APPROVAL)

    assert (answer.status_code, answer.headers["Retry-After"]) == (423, "30")
    assert answer.headers["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert (told["title"], told["status"], told["stop"]) == ("Stopped", 423, stop["id"])
    assert told["type"].endswith("/problems/stopped")
    assert "Max Keller" in told["detail"]
    assert "Drill." in told["detail"]


def test_a_heartbeat_of_a_paused_unit_is_423_and_acknowledges(admin, caller, sys):
    unit = unit_of(sys)
    stop = post(admin, "kill-switch", ALL).json()
    answer = post(caller, f"units/{unit.pk}/heartbeat")

    assert (answer.status_code, answer.json()["stop"]) == (423, stop["id"])
    assert admin.get(f"/api/kill-switch/{stop['id']}").json()["acknowledged"] == 1
    assert post(caller, f"units/{unit.pk}/complete").status_code == 409
    assert post(caller, f"units/{unit.pk}/cancel").status_code == 200


def test_what_is_stopped_says_so_where_it_is_read(admin, client_of, sys, ada):
    question = held(sys)
    stop = post(admin, "kill-switch", ALL).json()
    reader = client_of(ada)

    told = reader.get(f"/api/interventions/{question.pk}").json()["stopped"]
    assert told == {
        "stop": stop["id"],
        "scope": "organization",
        "target": None,
        "reason": "Drill.",
        "since": stop["at"],
    }
    assert reader.get(f"/api/units/{question.unit_id}").json()["stopped"] == told
    refused = post(reader, f"interventions/{question.pk}/approve")
    assert (refused.status_code, refused.json()["stop"]) == (409, stop["id"])

    actions.let_work_go_on(stop["id"], reason="Over.", actor=Stop.objects.get().by)
    assert reader.get(f"/api/interventions/{question.pk}").json()["stopped"] is None


def test_the_document_promises_it():
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]

    assert set(paths["/api/kill-switch"]) == {"get", "post"}
    assert {"/api/kill-switch/rearm", "/api/kill-switch/{id}", "/api/kill-switch/{id}/acknowledge"} <= set(paths)
    assert "423" in paths["/api/units"]["post"]["responses"]
    assert "423" in paths["/api/interventions"]["post"]["responses"]
    assert "423" not in paths["/api/interventions"]["get"]["responses"]
