"""What pilots and programs may do with a question over HTTP, and what they are told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from audit.models import Entry
from interventions import actions
from interventions.actions import Question
from interventions.models import Decision, Intervention
from interventions.tests.programs import fields_of, post, program, unit_of

PEOPLE = ("ada", "vi", "max", "cy", "sys", "nobody")

# act, body, then the status for Ada (Operator), Vi (Viewer), Max (Admin), Cy (elsewhere), Sys (the asker), nobody
MAY = [
    ("approve", {}, 200, 403, 200, 404, 200, 401),
    ("reject", {"reason": "No."}, 200, 403, 200, 404, 200, 401),
    ("waive", {"reason": "Known."}, 403, 403, 200, 404, 403, 401),
    ("cancel", {}, 200, 403, 200, 404, 200, 401),
    ("claim", {}, 200, 403, 200, 404, 200, 401),
    ("clarify", {"message": "Which one?"}, 200, 403, 200, 404, 200, 401),
    ("comment", {"message": "Hm."}, 200, 403, 200, 404, 200, 401),
    ("resume", {}, 409, 403, 409, 404, 409, 401),
    ("answer", {"answer": "42"}, 409, 403, 409, 404, 409, 401),
    ("release", {}, 409, 403, 409, 404, 409, 401),
    ("reply", {"message": "That one."}, 409, 403, 409, 404, 409, 401),
]
CASES = [(row[0], row[1], who, row[2 + at]) for row in MAY for at, who in enumerate(PEOPLE)]


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return actions.raise_intervention(Question(kind="approval", title="Deploy 4.18.2"), actor=sys)


@pytest.fixture
def caller(request: pytest.FixtureRequest, client_of: Callable[..., Client], key_of: Callable[..., str]) -> Any:
    """Somebody of the cast, calling as they do: people by their session, the machine by its key."""

    def call(who: str) -> Client:
        if who == "nobody":
            return Client()
        membership = request.getfixturevalue(who)
        return program(key_of(membership)) if who == "sys" else client_of(membership)

    return call


@pytest.mark.parametrize("act, body, who, status", CASES, ids=[f"{who} {act}" for act, _body, who, _status in CASES])
def test_who_may_do_what(caller, question, act, body, who, status):
    answer = post(caller(who), f"interventions/{question.pk}/{act}", body)

    assert answer.status_code == status, answer.content
    if status == 200:
        assert answer.json()["id"] == str(question.pk)
    else:
        assert fields_of(answer) == []
        assert not Decision.objects.exists()


@pytest.mark.parametrize("scopes, status", [(["decide"], 200), (["read"], 403), (["submit"], 403), (["admin"], 404)])
def test_a_key_may_do_what_its_scopes_say_and_no_more(key_of, sys, question, scopes, status):
    answer = post(program(key_of(sys, *scopes)), f"interventions/{question.pk}/approve")

    assert answer.status_code == status, answer.content


def test_a_key_that_only_decides_moves_the_unit_on_too(key_of, sys, question):
    unit = unit_of(sys)
    held = actions.raise_intervention(Question(kind="approval", title="x", unit=unit.pk), actor=sys)
    answer = post(program(key_of(sys, "decide")), f"interventions/{held.pk}/approve")

    assert answer.status_code == 200, answer.content
    assert answer.json()["decision"]["effect"] == "active"


def test_a_key_that_only_asks_sees_and_cancels_its_own_only(key_of, sys, ada, question):
    client = program(key_of(sys, "submit"))
    other = actions.raise_intervention(Question(kind="approval", title="Somebody else's"), actor=ada)

    assert [row["id"] for row in client.get("/api/interventions").json()["results"]] == [str(question.pk)]
    assert client.get(f"/api/interventions/{other.pk}").status_code == 404
    assert post(client, f"interventions/{other.pk}/cancel").status_code == 404
    told = post(client, f"interventions/{question.pk}/cancel").json()
    assert told["decision"]["source"] == told["resolution_source"] == "cancelled_by_caller"


@pytest.mark.parametrize("authorization", ["Bearer nonsense", "Bearer ", "Bearer", "Bearer \xff", "bearer x\0y"])
def test_a_bad_key_is_refused_even_with_a_good_session(client_of, ada, question, authorization):
    answer = client_of(ada).get("/api/interventions", headers={"authorization": authorization})

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert fields_of(answer) == []


def test_a_revoked_key_opens_nothing(key_of, sys):
    client = program(key_of(sys))
    sys.keys.update(revoked_at=timezone.now())

    assert client.get("/api/interventions").status_code == 401


def test_a_session_needs_the_csrf_token_and_a_key_does_not(ada, sys, key_of, question):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada.pilot, backend="django.contrib.auth.backends.ModelBackend")
    machine = Client(enforce_csrf_checks=True, headers={"authorization": f"Bearer {key_of(sys)}"})

    refused = post(browser, f"interventions/{question.pk}/approve")
    assert refused.status_code == 403
    assert "CSRF" in refused.json()["detail"]
    assert post(machine, f"interventions/{question.pk}/approve").status_code == 200


@pytest.mark.parametrize("act", ["approve", "reject", "waive", "resume", "answer", "cancel"])
def test_a_get_never_decides(client_of, max, question, act):
    answer = client_of(max).get(f"/api/interventions/{question.pk}/{act}", {"reason": "x"})

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}
    assert fields_of(answer) == []
    assert not Decision.objects.exists()


def test_the_second_of_two_deciders_is_told_who_won(client_of, ada, bo, question):
    won = post(client_of(ada), f"interventions/{question.pk}/approve", {"reason": "Green."})
    lost = post(client_of(bo), f"interventions/{question.pk}/reject", {"reason": "Red."})

    assert won.status_code == 200
    assert lost.status_code == 409
    assert "Ada Nyström approved this" in lost.json()["detail"]
    assert lost.json()["decision"] == won.json()["decision"]
    assert won.json()["decision"]["by_id"] == ada.pilot.public_id
    assert Entry.objects.filter(verb="intervention.decided").count() == 1


@pytest.mark.parametrize("act", ["approve", "reject", "cancel", "claim", "clarify"])
def test_what_has_run_out_of_time_is_decided_by_nobody(client_of, ada, question, act):
    Intervention.objects.filter(pk=question.pk).update(expires_at=timezone.now())
    answer = post(client_of(ada), f"interventions/{question.pk}/{act}", {"message": "x"} if act == "clarify" else {})

    assert answer.status_code == 409
    assert answer.json()["detail"] == "The time to decide has passed."


def test_a_question_of_another_organization_is_not_there(client_of, cy, question):
    client = client_of(cy)

    assert client.get(f"/api/interventions/{question.pk}").status_code == 404
    assert client.get("/api/interventions").json()["results"] == []
    assert client.get("/api/interventions/metrics").json()["asked"] == 0


def test_a_decision_says_who_in_which_role_and_why(client_of, ada, question):
    told = post(client_of(ada), f"interventions/{question.pk}/reject", {"reason": "Not on a Friday."}).json()

    assert told["status"] == "rejected"
    decision = told["decision"]
    assert (decision["verdict"], decision["source"], decision["role"]) == ("rejected", "human", "Operator")
    assert (decision["by"], decision["reason"]) == ("Ada Nyström", "Not on a Friday.")
    assert told["settled_at"] == decision["at"]
    assert told["settled_at"].endswith("Z")


def test_a_quorum_is_told_vote_by_vote(client_of, ada, bo, sys):
    question = actions.raise_intervention(Question(kind="approval", title="x", required_approvals=2), actor=sys)
    path = f"interventions/{question.pk}/approve"
    first = post(client_of(ada), path).json()
    again = post(client_of(ada), path)
    second = post(client_of(bo), path).json()

    assert (first["status"], first["vote_count"], first["decision"]) == ("pending", 1, None)
    assert again.status_code == 409
    assert (second["status"], second["vote_count"], second["resolution_source"]) == ("approved", 2, "quorum")
    assert [vote["by"] for vote in second["votes"]] == ["Ada Nyström", "Bo Lindqvist"]


def test_a_clarification_is_answered_in_the_shape_it_asks_for(client_of, ada, sys):
    schema = {"type": "object", "required": ["region"], "properties": {"region": {"enum": ["eu", "us"]}}}
    asked = actions.raise_intervention(Question(kind="clarification", title="Where?", answer_schema=schema), actor=sys)
    client, path = client_of(ada), f"interventions/{asked.pk}/answer"

    assert fields_of(post(client, path, {"answer": {"region": "mars"}})) == ["answer/region"]
    assert fields_of(post(client, path, {"reason": "?"})) == ["answer"]
    assert fields_of(post(client, path, {"answer": None})) == ["answer"]
    told = post(client, path, {"answer": {"region": "eu"}}).json()
    assert (told["status"], told["decision"]["verdict"]) == ("completed", "answered")
    assert told["decision"]["answer"] == {"region": "eu"}


def test_asking_back_stops_the_clock_until_the_asker_replies(client_of, key_of, ada, sys, question):
    pilot, machine = client_of(ada), program(key_of(sys, "submit"))
    asked_back = post(pilot, f"interventions/{question.pk}/clarify", {"message": "Which region?"}).json()
    replied = post(machine, f"interventions/{question.pk}/reply", {"message": "eu-north-1"}).json()

    assert asked_back["status"] == "awaiting_requester"
    assert replied["status"] == "pending"
    assert [(said["kind"], said["body"], said["by"]) for said in replied["comments"]] == [
        ("question", "Which region?", "Ada Nyström"),
        ("reply", "eu-north-1", "CI runner"),
    ]
    assert replied["expires_at"] > asked_back["expires_at"]


@pytest.mark.parametrize("body", [{"message": "Hm."}, {"reason": "Hm."}, {"message": "Hm.", "reason": None}])
def test_a_comment_may_come_as_message_or_as_reason(client_of, ada, question, body):
    told = post(client_of(ada), f"interventions/{question.pk}/comment", body).json()

    assert [said["body"] for said in told["comments"]] == ["Hm."]


@pytest.mark.parametrize("body, field", [({}, "message"), ({"message": "  "}, "message"), ({"message": 7}, "message")])
@pytest.mark.parametrize("act", ["comment", "clarify", "reply"])
def test_words_have_to_be_there(client_of, ada, question, act, body, field):
    answer = post(client_of(ada), f"interventions/{question.pk}/{act}", body)

    assert answer.status_code == 422
    assert fields_of(answer) == [field]


def test_a_waiver_without_a_reason_names_the_field(client_of, max, question):
    answer = post(client_of(max), f"interventions/{question.pk}/waive", {"reason": " "})

    assert answer.status_code == 422
    assert fields_of(answer) == ["reason"]


def test_an_edit_that_nobody_allowed_names_the_field(client_of, ada, question):
    answer = post(client_of(ada), f"interventions/{question.pk}/approve", {"edited": {"replicas": 3}})

    assert fields_of(answer) == ["edited"]


def test_a_claim_shows_until_it_is_released(client_of, ada, question):
    client = client_of(ada)

    assert post(client, f"interventions/{question.pk}/claim").json()["claimed_by"] == ada.pilot.public_id
    assert post(client, f"interventions/{question.pk}/release").json()["claimed_by"] is None


def test_an_act_needs_no_body_at_all(client_of, ada, question):
    answer = client_of(ada).generic("POST", f"/api/interventions/{question.pk}/approve", content_type="")

    assert answer.status_code == 200, answer.content


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_trailing_slash_makes_no_difference(client_of, ada, question, slash):
    client = client_of(ada)

    assert client.get(f"/api/interventions/{question.pk}{slash}").status_code == 200
    assert client.get(f"/api/interventions{slash}").status_code == 200
    assert post(client, f"interventions/{question.pk}/approve{slash}").status_code == 200


@pytest.mark.parametrize("who, kind", [("ada", "person"), ("sys", "system")])
def test_a_machine_that_decides_is_told_from_a_person(caller, question, who, kind):
    decision = post(caller(who), f"interventions/{question.pk}/approve", {}).json()["decision"]

    assert (decision["source"], decision["by_kind"]) == ("human", kind)
