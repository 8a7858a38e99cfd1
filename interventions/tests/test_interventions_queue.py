"""The queue as a page: what a row says, what it is narrowed to, in lanes or one list, and what is folded."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Preferences
from guardians import actions as guardians
from interventions import actions
from interventions.forms import QueueForm
from interventions.models import Hold, Intervention
from interventions.queries import Filters
from interventions.queries.queue_page import queue_page
from interventions.tests.asking import ask, held
from kit.errors import BadInput
from work.models import Priority


def rows(page: str) -> list[str]:
    return re.findall(r'<li class="row".*?</li>', page, re.DOTALL)


def titles(page: str) -> list[str]:
    return re.findall(r'class="row__title"[^>]*>([^<]*)<', page)


def row_of(client_of, actor) -> str:
    (row,) = rows(client_of(actor).get("/").text)
    return row


# What a row says


def test_a_row_says_what_it_is_and_who_asks(client_of, ada, sys):
    unit_question = held(sys, "waiver", priority=Priority.HIGH, tags=["eu", "pci dss"], requested_by="Mira Okafor")

    row = row_of(client_of, ada)

    for words in ("High", "Waiver", unit_question.title, "Mira Okafor", unit_question.unit.platform.name, "eu"):
        assert words in row
    assert 'href="?tag=pci%20dss"' in row


def test_a_row_says_who_is_to_do_it(client_of, ada, sys):
    question = ask(sys)
    Intervention.objects.filter(pk=question.pk).update(assigned_role="Operator")
    assert "for Operator" in row_of(client_of, ada)

    Intervention.objects.filter(pk=question.pk).update(assigned_to=ada)
    assert "You" in row_of(client_of, ada)


def test_while_a_decision_can_be_undone_its_row_says_who_decides_and_offers_nothing_else(client_of, ada, bo, sys):
    question = ask(sys)
    Hold.objects.create(intervention=question, by=bo, act="approve", until=timezone.now() + timedelta(seconds=20))

    row = row_of(client_of, ada)
    assert "Bo Lindqvist is approving" in row
    assert 'data-key="a"' not in row
    assert 'data-key="r"' not in row
    assert f'data-only="{bo.pk}"' in row  # the undo, hidden from all but one

    own = row_of(client_of, bo)
    assert "You are approving" in own
    assert 'data-key="z">Undo' in own


def test_a_row_counts_down_to_what_comes_next(client_of, ada, sys):
    now = timezone.now()
    question = ask(sys, due_at=now + timedelta(minutes=14, seconds=30), expires_at=now + timedelta(hours=2))
    fresh = row_of(client_of, ada)
    assert '<div class="row__due due"><b>14:' in fresh
    assert "old</i>" in fresh

    past = {"created_at": now - timedelta(hours=1), "due_at": now - timedelta(minutes=5)}
    Intervention.objects.filter(pk=question.pk).update(**past, expires_at=now + timedelta(minutes=9, seconds=30))
    over = row_of(client_of, ada)
    assert 'data-state="overdue"><b>5:0' in over
    assert "expires in 9:" in over


def test_a_title_cannot_break_out_of_its_row(client_of, ada, sys):
    nasty = '"><script>alert(1)</script>'
    ask(sys, title=nasty, tags=['"><b>'])

    row = row_of(client_of, ada)

    assert escape(nasty) in row
    assert "<script" not in row
    assert '<b>"' not in row


# What it is narrowed to


@pytest.fixture
def mixed(ada, bo, max, sys) -> None:
    gate = guardians.create_gate("refunds", actor=max, name="Refunds")
    ask(sys, title="Plain")
    ask(sys, "clarification", title="Asks", priority=Priority.HIGH)
    ask(sys, title="At a gate", gate_id=gate.pk)
    ask(sys, title="Tagged", tags=["eu", "vip"])
    ask(sys, title="For a role", assigned_role="Admin")
    ask(sys, title="Given", assigned_to=ada)
    actions.claim(ask(sys, title="Claimed").pk, actor=bo)
    actions.clarify(ask(sys, title="Asked back").pk, message="Which?", actor=ada)


@pytest.mark.parametrize(
    "query, found",
    [
        ("kind=clarification", {"Asks"}),
        ("priority=high", {"Asks"}),
        ("gate=refunds", {"At a gate"}),
        ("tag=eu", {"Tagged"}),
        ("tag=nobody-says-this", set()),
        ("assigned_to=me", {"Given"}),
        ("assigned_to=bo", set()),
        ("assigned_to=role:Admin", {"For a role"}),
        ("assigned_to=nobody", {"Plain", "Asks", "At a gate", "Tagged", "Asked back"}),
        ("status=in_progress", {"Claimed"}),
        ("status=awaiting_requester", {"Asked back"}),
        ("search=tagged&tag=vip", {"Tagged"}),
    ],
)
def test_the_address_narrows_the_queue(client_of, ada, mixed, query, found):
    assert set(titles(client_of(ada).get(f"/?{query}").text)) == found


def test_each_filter_is_a_chip_that_can_be_taken_away(client_of, ada, mixed):
    page = client_of(ada).get("/?tag=eu&kind=approval&layout=list").text
    chips = page[page.index("chips") : page.index("</ul>", page.index("chips"))]

    without = re.findall(r'chip--accent" href="([^"]*)"', chips)
    assert without == ["/?layout=list&amp;tag=eu", "/?layout=list&amp;kind=approval"]
    assert "approval" in chips
    assert "eu" in chips


def test_what_can_be_chosen_is_what_there_is(client_of, ada, mixed):
    page = client_of(ada).get("/").text

    assert '<option value="vip">vip</option>' in page
    assert '<option value="role:Admin">Admin</option>' in page


@pytest.mark.parametrize("query", ["priority=urgent", "layout=heap", "tag=" + "x" * 41, "cursor=nonsense"])
def test_an_address_that_makes_no_sense_is_refused(client_of, ada, query):
    assert client_of(ada).get(f"/?{query}").status_code == 422


def test_an_address_has_one_spelling():
    form = QueueForm({"tag": "eu", "kind": "approval", "status": "", "cursor": "x"})

    assert form.query == "kind=approval&tag=eu"


# In lanes, or one list


def soon(sys, title: str, minutes: int, **about: object) -> Intervention:
    return ask(sys, title=title, due_at=timezone.now() + timedelta(minutes=minutes), **about)


def test_one_list_is_in_the_order_of_what_is_due(client_of, ada, sys):
    soon(sys, "Critical, later", 9, priority=Priority.CRITICAL)
    soon(sys, "Low, now", 1, priority=Priority.LOW)
    soon(sys, "Normal, next", 5)

    assert titles(client_of(ada).get("/").text) == ["Critical, later", "Normal, next", "Low, now"]
    assert titles(client_of(ada).get("/?layout=list").text) == ["Low, now", "Normal, next", "Critical, later"]


def test_the_list_is_as_its_pilot_prefers_it(client_of, ada, sys):
    soon(sys, "Critical, later", 9, priority=Priority.CRITICAL)
    soon(sys, "Low, now", 1, priority=Priority.LOW)
    Preferences.objects.create(pilot=ada.pilot, layout="list", page_size=10)

    assert titles(client_of(ada).get("/").text)[0] == "Low, now"
    assert titles(client_of(ada).get("/?layout=lanes").text)[0] == "Critical, later"


def test_one_list_has_pages_that_meet(ada, sys):
    for number in range(7):
        soon(sys, f"Question {number}", number + 1, priority=Priority(number % 4))

    found, cursor = [], ""
    while cursor is not None:
        page = queue_page(ada, Filters(), layout="list", cursor=cursor, limit=3)
        found += [row.question.title for lane in page.lanes for row in lane.rows]
        cursor = page.next

    assert found == [f"Question {number}" for number in range(7)]


def test_a_cursor_of_the_lanes_is_none_of_the_list(ada, sys):
    for number in range(3):
        soon(sys, f"Question {number}", number)
    cursor = queue_page(ada, Filters(), limit=2).next or ""

    with pytest.raises(BadInput, match="not a cursor of this list"):
        queue_page(ada, Filters(), layout="list", cursor=cursor)


# What is folded


def test_questions_alike_are_one_card_that_says_how_many(client_of, ada, sys):
    for minutes in (1, 3, 5):
        soon(sys, "Merge duplicates", minutes, context={"rule": "same e-mail"})
    soon(sys, "Something else", 2)

    page = client_of(ada).get("/").text

    assert titles(page) == ["Merge duplicates", "Merge duplicates", "Merge duplicates", "Something else"]
    first, second, third, other = rows(page)
    assert "3 alike" in first
    assert "data-under" not in first
    assert all(" data-under" in row and "alike</button>" not in row for row in (second, third))
    assert "data-under" not in other


@pytest.mark.parametrize(
    "different",
    [
        {"context": {"rule": "other"}},
        {"required_role": "Admin"},
        {"priority": Priority.HIGH},
        {"title": "Merge others"},
    ],
)
def test_what_differs_is_not_folded(client_of, ada, sys, different):
    about = {"title": "Merge duplicates", "context": {"rule": "same e-mail"}}
    ask(sys, **about)
    ask(sys, **(about | different))

    assert "data-under" not in client_of(ada).get("/").text
