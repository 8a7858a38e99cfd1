"""Lists over HTTP: order, pages both ways, filters, and the figures."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.tests.programs import fields_of, program, unit_of
from work.models import Priority


@pytest.fixture
def machine(sys: Membership, key_of) -> Client:
    return program(key_of(sys, "read"))


@pytest.fixture
def twelve(sys: Membership) -> list[str]:
    """Ids in the order of the queue: three of each priority, within it by when they are due."""
    now, ids = timezone.now(), []
    for at in range(12):
        asked = ask(sys, f"Question {at}", priority=Priority(at // 3))
        Intervention.objects.filter(pk=asked.pk).update(due_at=now + timedelta(minutes=at % 3))
        ids.append(str(asked.pk))
    return ids


def ask(sys: Membership, title: str = "Deploy", **about: Any) -> Intervention:
    return actions.raise_intervention(Question(**{"kind": "approval", "title": title} | about), actor=sys)


def titles(client: Client, query: str = "", path: str = "interventions") -> set[str]:
    answer = client.get(f"/api/{path}?{query}")
    assert answer.status_code == 200, answer.content
    return {row["title"] for row in answer.json()["results"]}


@pytest.mark.parametrize("path", ["interventions", "interventions/pending"])
def test_the_most_urgent_comes_first_and_pages_go_both_ways(machine, twelve, path):
    seen, pages, url = [], [], f"/api/{path}?limit=5"
    while url:
        page = machine.get(url).json()
        pages.append([row["id"] for row in page["results"]])
        seen += pages[-1]
        last, url = page, page["next"]
    assert seen == twelve
    assert [len(page) for page in pages] == [5, 5, 2]

    back = []
    while last["previous"]:
        last = machine.get(last["previous"]).json()
        back.insert(0, [row["id"] for row in last["results"]])
    assert back == pages[:2]


def test_next_and_previous_keep_the_filters(machine, twelve):
    page = machine.get("/api/interventions?priority=high,low&limit=4&search=question").json()
    assert page["previous"] is None
    assert page["next"].startswith("http://testserver/api/interventions?")

    rest = machine.get(page["next"]).json()
    assert [row["id"] for row in rest["results"]] == twelve[10:]
    assert rest["next"] is None
    assert [row["id"] for row in machine.get(rest["previous"]).json()["results"]] == twelve[3:6] + twelve[9:10]


def test_a_page_is_not_disturbed_by_what_is_settled_before_it(machine, twelve, ada):
    page = machine.get("/api/interventions/pending?limit=5").json()
    actions.approve(page["results"][0]["id"], actor=ada)
    actions.approve(page["results"][4]["id"], actor=ada)

    assert [row["id"] for row in machine.get(page["next"]).json()["results"]] == twelve[5:10]


def test_pending_holds_what_is_open_and_the_list_holds_all(machine, sys, ada):
    ask(sys, "open")
    actions.claim(ask(sys, "claimed").pk, actor=ada)
    actions.clarify(ask(sys, "asked back").pk, message="?", actor=ada)
    actions.approve(ask(sys, "approved").pk, actor=ada)

    assert titles(machine, path="interventions/pending") == {"open", "claimed", "asked back"}
    assert titles(machine) == {"open", "claimed", "asked back", "approved"}
    assert titles(machine, "status=pending", "interventions/pending") == {"open"}


@pytest.mark.parametrize(
    "query, found",
    [
        ("", {"a", "b", "c", "d"}),
        ("status=pending", {"a", "c"}),
        ("status=approved&status=in_progress", {"b", "d"}),
        ("status=approved,in_progress", {"b", "d"}),
        ("status=", {"a", "b", "c", "d"}),
        ("priority=critical", {"a"}),
        ("priority=critical, high", {"a", "b"}),
        ("kind=clarification", {"c"}),
        ("kind=clarification&status=approved", set()),
        ("settled_by=human", {"d"}),
        ("settled_by=timeout_default", set()),
        ("assigned_to=me", {"b"}),
        ("assigned_to=local:ada", {"b"}),
        ("assigned_to=local:bo", set()),
        ("assigned_to=nobody", {"a", "c", "d"}),
        ("search=needle", {"c"}),
        ("search=needle%20-haystack", set()),
        ("search=%22(((%20AND%20|", set()),
        ("platform=api", {"d"}),
        ("gate=deploy", set()),
        ("since=2020-01-01T00:00:00Z", {"d"}),
        ("until=2020-01-01T00:00:00Z", set()),
        ("an_unknown_one=1", {"a", "b", "c", "d"}),
    ],
)
def test_filters(client_of, ada, sys, query, found):
    ask(sys, "a", priority=Priority.CRITICAL)
    actions.claim(ask(sys, "b", priority=Priority.HIGH).pk, actor=ada)
    ask(sys, "c", kind="clarification", context={"where": ["a needle in the haystack"]})
    actions.approve(ask(sys, "d", unit=unit_of(sys).pk).pk, actor=ada)

    assert titles(client_of(ada), query) == found


@pytest.mark.parametrize(
    "query, field",
    [
        ("status=done", "status"),
        ("status=pending,done", "status"),
        ("priority=1", "priority"),
        ("kind=approve", "kind"),
        ("settled_by=god", "settled_by"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=many", "limit"),
        ("limit=-1", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("cursor=nonsense", "cursor"),
        ("cursor=bm9uc2Vuc2U", "cursor"),
        ("cursor=W10", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=" + "x" * 501, "cursor"),
        ("search=a%00b", "search"),
        ("search=" + "x" * 201, "search"),
        ("gate=%00", "gate"),
        ("assigned_to=%00", "assigned_to"),
        ("since=yesterday", "since"),
    ],
    ids=lambda text: text[:30],
)
@pytest.mark.parametrize("path", ["interventions", "interventions/pending"])
def test_a_filter_that_means_nothing_is_refused_by_name(machine, path, query, field):
    answer = machine.get(f"/api/{path}?{query}")

    assert answer.status_code == 422, answer.content
    assert set(fields_of(answer)) == {field}


def test_a_limit_of_two_hundred_is_the_most(machine, sys):
    assert machine.get("/api/interventions?limit=200").status_code == 200


@pytest.mark.parametrize(
    "text", ["\udcff", "ÆØÅ 漢字 🦎", "'; DROP TABLE interventions_intervention; --", "%", "\\", "a:*&b"]
)
def test_any_text_may_be_searched_for(machine, sys, text):
    answer = machine.get("/api/interventions", {"search": text.encode(errors="surrogateescape")})

    assert answer.status_code == 200


def test_a_list_costs_the_same_however_long_it_is(machine, sys, ada, django_assert_max_num_queries):
    for at in range(12):
        held = ask(sys, str(at), unit=unit_of(sys, f"u-{at}").pk)
        actions.claim(held.pk, actor=ada)
    with django_assert_max_num_queries(8) as counted:
        machine.get("/api/interventions?limit=2")
    few = len(counted)
    with django_assert_max_num_queries(few):
        machine.get("/api/interventions?limit=200")


def test_the_figures_are_of_the_organization(machine, sys, ada, client_of, cy):
    ask(sys)
    actions.approve(ask(sys, priority=Priority.HIGH).pk, actor=ada)
    figures = machine.get("/api/interventions/metrics").json()

    assert (figures["asked"], figures["open"], figures["settled"]) == (2, 1, 1)
    assert figures["by_status"]["approved"] == 1
    assert figures["by_priority"] == {"critical": 0, "high": 1, "normal": 1, "low": 0}
    assert figures["by_source"]["human"]["settled"] == 1
    assert figures["top_pilots"][0]["public_id"] == ada.pilot.public_id
    assert client_of(cy).get("/api/interventions/metrics").json()["asked"] == 0


def test_the_figures_may_be_of_a_time(machine, sys):
    ask(sys)

    assert machine.get("/api/interventions/metrics?until=2020-01-01T00:00:00Z").json()["asked"] == 0
    assert machine.get("/api/interventions/metrics?since=2020-01-01T00:00:00Z").json()["asked"] == 1
    assert fields_of(machine.get("/api/interventions/metrics?since=now")) == ["since"]
