"""Every figure of the metrics leads to exactly the questions it counts."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from guardians.actions import create_gate
from interventions import actions
from interventions.models import Intervention
from interventions.tests.asking import ask, unit_of

LINK = re.compile(r'<a (?:class="btn" )?href="(/(?:history)?\?[^"]*)">([^<]*?)(\d+)(?: of \d+)?([^<]*)</a>')
SHOWN = re.compile(r": (\d+) (?:question|line)")


@pytest.fixture
def busy(ada: Membership, bo: Membership, max: Membership, sys: Membership) -> None:
    """A day with something in every figure."""
    for slug, seconds in (("refunds", 40), ("deploys", 4000)):
        gate = create_gate(slug, actor=max, name=slug)
        for at, pilot in enumerate((ada, bo, ada)):
            question = ask(sys, unit=unit_of(sys).pk, title=f"{slug} {at}")
            Intervention.objects.filter(pk=question.pk).update(gate=gate)
            actions.claim(question.pk, actor=pilot)
            actions.approve(question.pk, actor=pilot)
            settle(question, took=seconds * (at + 1), due=timedelta(minutes=30))
    unit = unit_of(sys)
    actions.approve(ask(sys, unit=unit.pk).pk, actor=ada)
    actions.reject(ask(sys, unit=unit.pk).pk, actor=bo, reason="No.")
    split = ask(sys, required_approvals=2)
    actions.approve(split.pk, actor=ada)
    actions.reject(split.pk, actor=bo, reason="No.")
    gone = ask(sys, priority=0)
    actions.expire(gone.pk, organization_id=sys.organization_id, now=timezone.now() + timedelta(days=2))
    now = timezone.now()
    Intervention.objects.filter(pk=ask(sys).pk).update(due_at=now - timedelta(minutes=1))
    Intervention.objects.filter(pk=ask(sys, kind="clarification").pk).update(due_at=now + timedelta(seconds=20))
    Intervention.objects.filter(pk=gone.pk).update(settled_at=now)


def settle(question: Intervention, *, took: float, due: timedelta) -> None:
    now = timezone.now()
    asked = now - timedelta(seconds=took)
    Intervention.objects.filter(pk=question.pk).update(
        created_at=asked, first_seen_at=asked + timedelta(seconds=took / 2), settled_at=now, due_at=asked + due
    )


def rows_behind(client: Client, address: str) -> int:
    """Counted by the list itself: of the history, by what its file would hold; of the queue, its rows."""
    path, _mark, query = address.partition("?")
    if path == "/history":
        said = SHOWN.search(client.get(f"/history/size?{query}").text)
        rows = client.get(address).text.count("<tr data-item")
        assert said
        assert rows == int(said[1])
        return rows
    return client.get(address).text.count("data-item=") or client.get(address).text.count('id="card-')


@pytest.mark.parametrize("span", ["24h", "30d"])
def test_every_figure_is_the_number_of_rows_behind_its_link(client_of, ada, busy, span):
    client = client_of(ada)

    page = client.get(f"/insights?last={span}").text
    links = {unescape(href): int(count) for href, _before, count, _after in LINK.findall(page)}

    assert len(links) > 35
    assert {href: rows_behind(client, href) for href in links} == links


@pytest.mark.parametrize(
    "part",
    [
        *("care=stage-claimed", "care=size-", "care=reversed", "care=against&", "care=votes-local"),
        *("care=against-local", "late=yes", "late=no", "took_from=", "timeout=reject", "settled_by=timeout_default"),
        *("due=overdue", "due=late", "asked_after=", "waiting_at=", "kind=", "priority=", "gate=", "decided_by="),
    ],
)
def test_the_page_has_a_way_to(client_of, ada, busy, part):
    assert part.rstrip("&") in unescape(client_of(ada).get("/insights").text)


def test_what_lies_under_a_plot_leads_where_its_table_leads(client_of, ada, busy):
    client = client_of(ada)

    page = client.get("/insights").text
    ways = re.findall(r'<a href="([^"]+)" tabindex="-1"><rect[^>]*/><title>[^<]*?(\d+) \w+</title>', page)

    assert len(ways) > 50
    counted = {unescape(href): int(count) for href, count in ways if int(count)}
    assert {href: rows_behind(client, href) for href in counted} == counted


def test_a_list_by_when_it_was_asked_has_the_open_ones_too(client_of, ada, sys):
    ask(sys, title="Still open")
    actions.approve(ask(sys, title="Done").pk, actor=ada)
    since = (timezone.now() - timedelta(hours=1)).isoformat().replace("+00:00", "Z")

    page = client_of(ada).get(f"/history?asked_after={since}").text
    file = client_of(ada).get(f"/history.csv?asked_after={since}").getvalue().decode()

    assert page.index("Done") < page.index("Still open")
    assert "2 asked" in page
    assert (file.count("Still open"), file.count("\r\n")) == (1, 3)


@pytest.mark.parametrize(
    "query, field",
    [
        *(("after=soon", "after"), ("before=9999-12-31T23:59:59Z", "before"), ("late=maybe", "late")),
        *(
            ("took_from=-1", "took_from"),
            ("took_under=nan", "took_under"),
            ("care=x", "care"),
            ("timeout=x", "timeout"),
        ),
    ],
)
def test_a_figure_that_is_none_is_refused_by_name(client_of, ada, query, field):
    answer = client_of(ada).get(f"/history?{query}")

    assert answer.status_code == 422
    assert field in answer.text


def test_what_a_link_narrows_to_is_said_and_can_be_taken_away(client_of, ada, busy):
    page = client_of(ada).get("/history?late=yes&took_from=240&care=stage-claimed").text

    assert re.search(r"Answered</span> late", page)
    assert re.search(r"Took at least</span> 4 min", page)
    assert re.search(r"Among the latest</span> claimed", page)


def test_a_stranger_finds_nothing_behind_our_links(client_of, cy, ada, busy):
    query = "care=stage-claimed&settled_by=people"

    assert rows_behind(client_of(cy), f"/history?{query}") == 0
