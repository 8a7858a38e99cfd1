"""Reading the ledger over HTTP: who may, which lines, and page by page."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.actions import record
from audit.models import Entry
from kit.requests import Actor


@pytest.fixture
def machine(sys: Actor, key_of) -> Client:
    return Client(headers={"authorization": f"Bearer {key_of(sys, 'read', 'submit')}"})


@pytest.fixture
def question(machine: Client) -> str:
    """The id of a question, raised as programs do: the ledger's own floor knows of none."""
    return act(machine, "interventions", kind="approval", title="Deploy")["id"]


def act(client: Client, path: str, **body: str) -> dict[str, Any]:
    answer = client.post(f"/api/{path}", body, content_type="application/json")
    assert answer.status_code < 300, answer.content
    return answer.json()


def lines(client: Client, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/audit", query)
    assert answer.status_code == 200, answer.content
    return answer.json()["results"]


def test_a_line_says_who_did_what_to_what_in_which_role_and_from_where(client_of, ada, question):
    act(client_of(ada), f"interventions/{question}/reject", reason="No.")
    (line,) = lines(client_of(ada), verb="intervention.decided")

    assert line.pop("id") == Entry.objects.get(verb="intervention.decided").pk
    assert line.pop("at").endswith("Z")
    data = line.pop("data")
    assert (data["verdict"], data["source"], data["reason"]) == ("rejected", "human", "No.")
    assert line == {
        "verb": "intervention.decided",
        "subject": f"intervention:{question}",
        "by": "Ada Nyström",
        "by_id": ada.pilot.public_id,
        "role": "Operator",
        "came_from": "127.0.0.1",
    }


def test_the_newest_comes_first_and_pages_go_both_ways(machine, sys):
    for number in range(12):
        record("test.counted", actor=sys, subject=sys, number=number)
    seen, pages, url = [], [], "/api/audit?verb=test.counted&limit=5"
    while url:
        page = machine.get(url).json()
        pages.append([line["data"]["number"] for line in page["results"]])
        last, url = page, page["next"]
        seen += pages[-1]
    assert seen == list(range(11, -1, -1))

    back = []
    while last["previous"]:
        last = machine.get(last["previous"]).json()
        back.insert(0, [line["data"]["number"] for line in last["results"]])
    assert back == pages[:2]


def test_a_page_is_not_disturbed_by_lines_written_meanwhile(machine, sys):
    for number in range(4):
        record("test.counted", actor=sys, subject=sys, number=number)
    page = machine.get("/api/audit?verb=test.counted&limit=2").json()
    record("test.counted", actor=sys, subject=sys, number=99)

    assert [line["data"]["number"] for line in machine.get(page["next"]).json()["results"]] == [1, 0]


def test_lines_about_one_question(machine, client_of, ada, question):
    act(client_of(ada), f"interventions/{question}/approve")
    told = ["intervention.decided", "intervention.raised"]

    assert [line["verb"] for line in lines(machine, subject=f"intervention:{question}")] == told
    assert [line["verb"] for line in lines(machine, subject=question)] == told
    assert [line["verb"] for line in lines(machine, subject=question.upper())] == told
    assert lines(machine, subject=f"unit:{question}") == []


def test_lines_of_one_actor(machine, client_of, ada, question):
    act(client_of(ada), f"interventions/{question}/claim")

    assert [line["verb"] for line in lines(machine, actor=ada.pilot.public_id)] == ["intervention.claimed"]
    assert [line["verb"] for line in lines(client_of(ada), actor="me")] == ["intervention.claimed"]
    assert lines(machine, actor="local:nobody") == []


def test_lines_with_one_of_several_verbs(machine, client_of, ada, question):
    act(client_of(ada), f"interventions/{question}/claim")
    act(client_of(ada), f"interventions/{question}/release")
    both = ["intervention.released", "intervention.claimed"]

    assert [line["verb"] for line in lines(machine, verb="intervention.claimed,intervention.released")] == both
    assert [line["verb"] for line in lines(machine, verb=["intervention.claimed", "intervention.released"])] == both


def test_lines_of_a_time(machine, question):
    at = Entry.objects.get(verb="intervention.raised").at
    before, after = at.isoformat(), (at + timezone.timedelta(microseconds=1)).isoformat()

    assert len(lines(machine, subject=question, since=before)) == 1
    assert len(lines(machine, subject=question, since=after)) == 0
    assert len(lines(machine, subject=question, until=before)) == 0
    assert len(lines(machine, subject=question, since=before, until=after)) == 1


@pytest.mark.parametrize("who, status", [("ada", 200), ("vi", 200), ("max", 200), (None, 401)])
def test_who_may_read_the_ledger(request, client_of, who, status):
    answer = client_of(request.getfixturevalue(who) if who else None).get("/api/audit")

    assert answer.status_code == status


@pytest.mark.parametrize("scope, status", [("read", 200), ("submit", 403), ("decide", 403), ("admin", 403)])
def test_a_key_reads_the_ledger_with_the_scope_read(key_of, max, scope, status):
    answer = Client(headers={"authorization": f"Bearer {key_of(max, scope)}"}).get("/api/audit")

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["detail"] == "Your role or key may not read the ledger."


def test_the_ledger_of_another_organization_is_not_shown(client_of, cy, question):
    client = client_of(cy)

    assert lines(client, subject=question) == []
    assert {line["by_id"] for line in lines(client)} <= {"system:chameleon", cy.pilot.public_id}


@pytest.mark.parametrize(
    "query, field",
    [
        ("subject=nonsense", "subject"),
        ("subject=12", "subject"),
        ("subject=%00", "subject"),
        ("subject=" + "x" * 121, "subject"),
        ("actor=%00", "actor"),
        ("verb=%00", "verb"),
        ("since=yesterday", "since"),
        ("until=2026-13-01", "until"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%C3%A9", "cursor"),
        ("cursor=bng", "cursor"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
    ],
)
def test_a_question_that_means_nothing_is_refused_by_name(machine, query, field):
    answer = machine.get(f"/api/audit?{query}")

    assert answer.status_code == 422, answer.content
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert {fault["field"].partition(".")[0] for fault in answer.json()["errors"]} == {field}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nobody_writes_the_ledger_over_http(client_of, max, method):
    before = Entry.objects.count()
    answer = client_of(max).generic(method, "/api/audit", b"{}", content_type="application/json")

    assert answer.status_code == 405
    assert Entry.objects.count() == before


def test_a_page_of_the_ledger_is_two_queries_more_than_knowing_the_caller(
    machine, question, django_assert_max_num_queries
):
    with django_assert_max_num_queries(8):
        lines(machine, limit=200)
