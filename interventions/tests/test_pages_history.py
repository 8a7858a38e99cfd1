"""The history: who sees it, what it says of each settled question, how it is narrowed and paged."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Membership
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention

Ask = Callable[..., Intervention]


@pytest.fixture
def ask(sys: Membership) -> Ask:
    def make(title: str = "Deploy 4.18.2", **about: object) -> Intervention:
        return actions.raise_intervention(Question(**{"kind": "approval", "title": title} | about), actor=sys)

    return make


def rows_of(page: str) -> list[str]:
    """The text of each row of the table, tags taken out."""
    rows = re.findall(r"<tr data-item>(.*?)</tr>", page, flags=re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]


@pytest.mark.parametrize("person, status", [("ada", 200), ("vi", 200), ("max", 200), ("cy", 200), (None, 302)])
def test_every_member_may_read_the_history_of_their_own(request, client_of, person, status):
    client = client_of(person and request.getfixturevalue(person))

    assert client.get("/history").status_code == status


def test_a_stranger_reads_nothing_of_ours(client_of, ada, cy, ask):
    actions.approve(ask("Deploy 4.18.2").pk, actor=ada)

    assert "Deploy 4.18.2" not in client_of(cy).get("/history").text


def test_a_row_says_how_it_ended_by_whom_and_why(client_of, vi, ada, ask):
    actions.reject(ask().pk, actor=ada, reason="Still the rollback target.")

    (row,) = rows_of(client_of(vi).get("/history").text)

    for words in ("Deploy 4.18.2", "rejected", "a pilot", "Ada Nyström", "Still the rollback target."):
        assert words in row


def test_a_quorum_names_everybody_who_voted(client_of, ada, bo, ask):
    question = ask(required_approvals=2)
    actions.approve(question.pk, actor=bo)
    actions.approve(question.pk, actor=ada)

    (row,) = rows_of(client_of(ada).get("/history").text)

    assert "a quorum" in row
    assert "Bo Lindqvist, Ada Nyström" in row


def test_an_answer_stands_where_a_reason_would(client_of, ada, ask):
    actions.answer(ask(kind="clarification").pk, actor=ada, answer="NOK")

    assert "Answer: NOK" in rows_of(client_of(ada).get("/history").text)[0]


def test_the_fields_of_an_answer_are_told_in_words(client_of, ada, ask):
    answer = {"address": "Müllerstraße 4", "tries": 2, "until": {"day": "Friday"}}
    actions.answer(ask(kind="clarification").pk, actor=ada, answer=answer)

    row = rows_of(client_of(ada).get("/history").text)[0]
    told = row.partition("Answer: ")[2].split(", ")
    assert sorted(told) == ["address: Müllerstraße 4", "tries: 2", "until: day: Friday"]


def test_a_timeout_is_never_told_as_a_persons_no(client_of, ada, ask):
    question = ask()
    actions.expire(question.pk, organization_id=ada.organization_id, now=timezone.now() + timedelta(days=2))

    (row,) = rows_of(client_of(ada).get("/history").text)

    assert "expired" in row
    assert "timeout" in row
    assert "nobody, so: reject" in row
    assert "Chameleon" not in row


def test_a_caller_who_took_it_back_is_named(client_of, ada, sys, ask):
    actions.cancel(ask(requested_by="campaign-cron").pk, actor=sys)

    (row,) = rows_of(client_of(ada).get("/history").text)

    assert "caller cancelled" in row
    assert "campaign-cron" in row


def test_words_of_a_program_cannot_become_markup(client_of, ada, ask):
    actions.approve(ask("<script>alert(1)</script>").pk, actor=ada)

    page = client_of(ada).get("/history").text

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_it_is_narrowed_by_how_it_ended_who_settled_it_and_the_day(client_of, ada, ask):
    actions.approve(ask("yes").pk, actor=ada)
    actions.reject(ask("no").pk, actor=ada)
    client = client_of(ada)
    today = timezone.localdate()

    assert [row for row in rows_of(client.get("/history?status=approved").text) if "yes" in row]
    assert rows_of(client.get("/history?status=expired").text) == []
    assert len(rows_of(client.get(f"/history?settled_by=human&since={today}&until={today}").text)) == 2
    assert rows_of(client.get(f"/history?until={today - timedelta(days=1)}").text) == []
    assert "Drop all filters" in client.get("/history?status=expired").text


@pytest.mark.parametrize(
    "query, field",
    [
        ("status=pending", "status"),
        ("settled_by=fate", "settled_by"),
        ("since=yesterday", "since"),
        ("until=9999-12-31", "until"),
        ("since=0001-01-01", "since"),
        ("search=" + "x" * 201, "search"),
        ("search=%00", "search"),
        ("cursor=x", "cursor"),
    ],
)
def test_a_wrong_filter_is_refused_by_name(client_of, ada, query, field):
    page = client_of(ada).get(f"/history?{query}")

    assert page.status_code == 422
    assert field in page.text


def test_pages_are_linked_both_ways(client_of, ada, ask):
    for number in range(51):
        actions.approve(ask(f"number {number}").pk, actor=ada)
    client = client_of(ada)

    newest = client.get("/history").text
    older = client.get("/history" + link(newest, "next")).text
    back = client.get("/history" + link(older, "prev")).text

    assert len(rows_of(newest)) == 50
    assert "number 0" in rows_of(older)[0]
    assert rows_of(back) == rows_of(newest)


def test_the_day_says_how_many_were_settled_on_all_of_it(client_of, ada, ask):
    for number in range(51):
        actions.approve(ask(f"number {number}").pk, actor=ada)

    page = client_of(ada).get("/history").text

    assert "51 settled" in page
    assert "Today, " in page


def test_days_are_those_of_the_browsers_zone(client_of, ada, ask):
    actions.approve(ask().pk, actor=ada)
    client = client_of(ada)
    client.cookies["zone"] = "Pacific/Kiritimati"

    heading = re.search(r'scope="rowgroup">([^<:]+):', client.get("/history").text)

    kiritimati = timezone.now() + timedelta(hours=14)
    assert heading is not None
    assert heading.group(1).strip().endswith(f"{kiritimati.day} {kiritimati:%B}")


def test_a_zone_that_is_none_changes_nothing(client_of, ada):
    client = client_of(ada)
    client.cookies["zone"] = "../../etc/passwd"

    assert client.get("/history").status_code == 200


def test_the_number_of_statements_does_not_grow_with_the_rows(client_of, ada, bo, ask):
    client = client_of(ada)
    actions.approve(ask().pk, actor=ada)
    with CaptureQueriesContext(connection) as few:
        client.get("/history")
    for _ in range(10):
        question = ask(required_approvals=2)
        actions.approve(question.pk, actor=ada)
        actions.approve(question.pk, actor=bo)
    with CaptureQueriesContext(connection) as many:
        client.get("/history")

    assert len(many) == len(few)


def link(page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}"[^>]*href="([^"]+)"', page)
    assert found is not None
    return found.group(1).replace("&amp;", "&")
