"""Units of work: the list, and the page of one."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership
from guardians import actions as guardians
from guardians.models import Gate
from interventions import actions
from interventions.tests.programs import post, program
from work import actions as work
from work.models import Unit

Submit = Callable[..., Unit]


@pytest.fixture
def gate(max: Membership) -> Gate:
    """Loans: under 500 blocked, up to 10,000 passed, above it held."""
    gate = guardians.create_gate("loans", actor=max, name="Loans")
    floor = {"rules": [{"field": "amount", "condition": "gte", "value": 500}]}
    guardians.post_guardian(gate.pk, "floor", type="CRITERIA_GATE", config=floor, on_block="reject", actor=max)
    small = {"expression": "unit.attributes.amount <= 10000"}
    guardians.post_guardian(gate.pk, "small-loans-pass", type="EXPRESSION", config=small, actor=max)
    return gate


@pytest.fixture
def submit(gate: Gate, sys: Membership, key_of: Callable[..., str]) -> Submit:
    client = program(key_of(sys, "submit", "read"))

    def make(amount: int = 50_000, external_id: str = "loan-1", **about: Any) -> Unit:
        body = {"gate": gate.slug, "external_id": external_id, "title": f"Loan of {amount}"}
        answer = post(client, "units", body | {"attributes": {"amount": amount, "terms": {"months": 48}}} | about)
        return Unit.objects.get(pk=answer.json()["id"])

    return make


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def page_of(unit: Unit) -> str:
    return f"/units/{unit.pk}"


@pytest.mark.parametrize("person, status", [("ada", 200), ("vi", 200), ("max", 200), ("cy", 404), (None, 302)])
def test_who_sees_a_unit(request, client_of, submit, person, status):
    client = client_of(person and request.getfixturevalue(person))

    assert client.get(page_of(submit())).status_code == status


@pytest.mark.parametrize("person, sees", [("ada", True), ("vi", True), ("max", True), ("cy", False)])
def test_the_list_shows_what_its_viewer_may_see(request, client_of, submit, person, sees):
    submit()

    assert ("Loan of 50000" in client_of(request.getfixturevalue(person)).get("/units").text) is sees


def test_strangers_to_the_door_are_sent_to_sign_in(client_of):
    assert client_of(None).get("/units").status_code == 302


def test_a_unit_tells_what_each_guardian_said(client_of, vi, submit):
    page = text_of(client_of(vi).get(page_of(submit())).text)

    assert "floor v1" in page
    assert "passed," in page
    assert "small-loans-pass v1" in page
    assert "held it," in page


def test_a_guardian_that_was_never_asked_says_so(client_of, vi, submit):
    page = text_of(client_of(vi).get(page_of(submit(amount=100))).text)

    assert "blocked it," in page
    assert "not asked" in page


def test_the_verdict_is_what_was_said_then_whatever_the_gate_says_today(client_of, vi, max, gate, submit):
    unit = submit()
    guardians.post_guardian(gate.pk, "small-loans-pass", type="PASS_THRU", config={}, actor=max)

    page = client_of(vi).get(page_of(unit)).text

    assert "small-loans-pass v1" in page
    assert "small-loans-pass v2" not in page


def test_a_unit_tells_its_question_and_the_story_of_both(client_of, ada, submit):
    unit = submit()
    actions.approve(unit.interventions.get().pk, actor=ada, reason="Income confirmed by phone.")

    page = text_of(client_of(ada).get(page_of(unit)).text)

    assert "CI runner submitted a unit at gate loans" in page.replace("  ", " ")
    assert "held it, and a question was raised" in page
    assert "Ada Nyström approved it" in page.replace("  ", " ")
    assert "Income confirmed by phone." in page


def test_a_unit_names_its_parent_and_its_children(client_of, ada, submit):
    parent = submit(amount=700, external_id="all")
    child = submit(amount=800, external_id="one", parent=str(parent.pk))
    client = client_of(ada)

    assert f"/units/{child.pk}" in client.get(page_of(parent)).text
    assert f"/units/{parent.pk}" in client.get(page_of(child)).text


def test_attributes_cannot_become_markup(client_of, ada, submit):
    unit = submit(attributes={"amount": 700, "<b>": "<script>alert(1)</script>"})

    page = client_of(ada).get(page_of(unit)).text

    assert "<script>alert(1)" not in page
    assert "&lt;b&gt;" in page


def test_a_page_that_asks_for_itself_again_gets_only_what_may_have_changed(client_of, ada, submit):
    answer = client_of(ada).get(page_of(submit()), headers={"HX-Request": "true"})

    assert answer.text.startswith('<div id="unit"')
    assert "HX-Request" in answer.headers["Vary"]


def test_the_list_is_narrowed_and_searched(client_of, ada, submit):
    submit(amount=700, external_id="small")
    held = submit(amount=20_000, external_id="large")
    client = client_of(ada)

    def found(query: str) -> int:
        return client.get(f"/units?{query}").text.count("<tr data-item>")

    assert found("") == 2
    assert found("status=awaiting_pilot") == 1
    assert found("gate=loans&platform=api") == 2
    assert found("gate=other") == 0
    assert found("search=large") == 1
    assert found(f"search={held.pk}") == 1
    assert found("search=Loan+of+7") == 1
    assert found("search=nothing") == 0


@pytest.mark.parametrize("query", ["status=done", "search=%00", "search=" + "x" * 201, "cursor=x"])
def test_a_wrong_filter_is_refused(client_of, ada, query):
    assert client_of(ada).get(f"/units?{query}").status_code == 422


def test_the_list_reads_no_attributes_and_no_more_statements_for_more_rows(client_of, ada, submit):
    client = client_of(ada)
    submit(external_id="0")
    with CaptureQueriesContext(connection) as few:
        client.get("/units")
    for number in range(1, 8):
        submit(external_id=str(number))
    with CaptureQueriesContext(connection) as many:
        client.get("/units")

    assert len(many) == len(few)
    assert not any('"work_unit"."attributes"' in statement["sql"] for statement in many)


def test_a_unit_with_more_of_everything_takes_no_more_statements(client_of, ada, sys, submit):
    client = client_of(ada)
    unit = submit(amount=700)
    submit(amount=600, external_id="child", parent=str(unit.pk))
    with CaptureQueriesContext(connection) as few:
        client.get(page_of(unit))
    for number in range(5):
        submit(amount=600, external_id=f"child-{number}", parent=str(unit.pk))
        work.heartbeat(unit.pk, actor=sys)
    with CaptureQueriesContext(connection) as many:
        client.get(page_of(unit))

    assert len(many) == len(few)
