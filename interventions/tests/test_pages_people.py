"""The pages of people around a question: assigning, handing over, looking, and what the API says of it."""

import pytest

from accounts import actions as accounts
from accounts.models import Membership
from interventions import actions
from interventions.models import Claim, Intervention, Look
from interventions.tests.asking import ask, fresh
from interventions.tests.programs import post


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return ask(sys)


def at(question: Intervention, what: str = "") -> str:
    return f"/interventions/{question.pk}{what and '/'}{what}"


def test_the_form_works_without_scripts(client_of, ada, bo, vi, question):
    page = client_of(ada).get(at(question, "assignment")).content.decode()
    assert '<option value="local:bo">' in page
    assert '<option value="role:Admin">' in page
    assert "Vi Larsen" not in page
    assert "(you)" in page

    answer = client_of(ada).post(at(question, "assignment"), {"to": "local:bo", "note": "You know it."})
    assert (answer.status_code, answer["Location"]) == (302, at(question))
    assert fresh(question).assigned_to == bo
    assert "You know it." in client_of(ada).get(at(question)).content.decode()


def test_a_role_and_nobody_are_in_the_same_list(client_of, ada, question):
    client_of(ada).post(at(question, "assignment"), {"to": "role:Admin"})
    assert fresh(question).assigned_role == "Admin"
    page = client_of(ada).get(at(question)).content.decode()
    assert "the role Admin" in page
    assert 'value="role:Admin" selected' in client_of(ada).get(at(question, "assignment")).content.decode()

    client_of(ada).post(at(question, "assignment"), {"to": ""})
    assert fresh(question).assigned_role == ""


def test_a_page_with_scripts_gets_a_dialog_and_then_the_question(client_of, ada, bo, question):
    client = client_of(ada)
    dialog = client.get(at(question, "assignment"), headers={"HX-Request": "true"}).content.decode()
    assert dialog.startswith("<dialog")

    shown = client.post(
        at(question, "assignment"), {"to": "local:bo"}, headers={"HX-Request": "true", "HX-Target": "question"}
    )
    assert shown.content.decode().startswith('<div id="question"')


def test_what_is_refused_is_said_on_the_question(client_of, ada, vi, question):
    answer = client_of(ada).post(at(question, "assignment"), {"to": "local:vi"})

    assert answer.status_code == 409
    assert "Vi Larsen may not decide this" in answer.content.decode()


def test_only_the_holder_and_admins_are_offered_to_hand_over(client_of, ada, bo, max, question):
    actions.claim(question.pk, actor=ada)
    offered = at(question, "handover")

    assert offered in client_of(ada).get(at(question)).content.decode()
    assert offered in client_of(max).get(at(question)).content.decode()
    assert offered not in client_of(bo).get(at(question)).content.decode()

    assert "Roles" not in client_of(ada).get(offered).content.decode()
    client_of(ada).post(offered, {"to": "local:bo"})
    assert Claim.objects.get().by == bo


def test_who_only_looks_is_offered_nothing(client_of, vi, question):
    page = client_of(vi).get(at(question)).content.decode()

    assert at(question, "assignment") not in page
    assert client_of(vi).post(at(question, "assignment"), {"to": ""}).status_code == 403


def test_a_stranger_finds_no_form(client_of, cy, question):
    for what in ("assignment", "handover"):
        assert client_of(cy).get(at(question, what)).status_code == 404
    assert client_of(cy).post(at(question, "look")).status_code == 404


def test_who_is_away_is_shown_so(client_of, ada, bo, question):
    actions.assign(question.pk, to="local:bo", actor=ada)
    accounts.set_absence(bo, actor=bo)

    for page in (at(question), at(question, "assignment"), "/"):
        assert "away" in client_of(ada).get(page).content.decode()


def test_a_look_is_a_post_that_answers_nothing(client_of, ada, bo, question):
    client = client_of(ada)
    assert client.get(at(question, "look")).status_code == 405
    assert client.post(at(question, "look")).status_code == 204
    assert "Ada Nyström is looking at this" in client_of(bo).get(at(question)).content.decode()
    assert "is looking at this" not in client.get(at(question)).content.decode()

    client.post(at(question, "look"), {"gone": "on"})
    assert "is looking at this" not in client_of(bo).get(at(question)).content.decode()
    assert Look.objects.count() == 1


# ---------- The API ----------


def test_a_program_assigns_and_hands_over(client_of, ada, bo, question):
    client, one = client_of(ada), f"interventions/{question.pk}"

    told = post(client, f"{one}/assign", {"to": "local:bo", "note": "Please."}).json()
    assert (told["assigned_to"], told["assigned_role"]) == ("local:bo", None)
    told = post(client, f"{one}/assign", {"role": "Admin"}).json()
    assert (told["assigned_to"], told["assigned_role"]) == (None, "Admin")
    told = post(client, f"{one}/assign", {"to": None}).json()
    assert (told["assigned_to"], told["assigned_role"]) == (None, None)

    post(client, f"{one}/claim")
    assert post(client, f"{one}/hand-over", {"to": "local:bo"}).json()["claimed_by"] == "local:bo"


def test_the_api_refuses_in_sentences(client_of, ada, vi, question):
    client, one = client_of(ada), f"interventions/{question.pk}"

    assert post(client, f"{one}/assign", {"to": "local:vi"}).status_code == 409
    assert post(client, f"{one}/assign", {"to": "local:nobody"}).status_code == 404
    assert post(client, f"{one}/assign", {"whom": "local:vi"}).status_code == 422
    assert post(client, f"{one}/hand-over", {"to": "local:vi"}).json()["detail"] == "Nobody has claimed this."
    assert post(client_of(vi), f"{one}/assign", {}).status_code == 403


def test_a_comment_says_whom_it_names(client_of, ada, bo, question):
    told = post(client_of(ada), f"interventions/{question.pk}/comment", {"message": "@bo, look."}).json()

    assert told["comments"][0]["mentions"] == ["local:bo"]
