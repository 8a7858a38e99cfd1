"""The ledger page: who reads it, what a line says, how it is narrowed, and the address each line keeps."""

import re
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.actions import record
from audit.models import Entry
from interventions import actions
from interventions.models import Intervention
from interventions.tests.asking import ask, held, narrowed


def rows_of(page: str) -> list[str]:
    """The text of each row of the table, tags taken out."""
    rows = re.findall(r"<tr data-item>(.*?)</tr>", page, flags=re.S)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]


def lines(client, **query: str) -> list[str]:
    answer = client.get(f"/ledger?{urlencode(query)}")
    assert answer.status_code == 200, answer.content
    return rows_of(answer.text)


@pytest.mark.parametrize("person, status", [("ada", 200), ("vi", 200), ("max", 200), ("cy", 200), (None, 302)])
def test_every_member_may_read_the_ledger_of_their_own(request, client_of, person, status):
    assert client_of(person and request.getfixturevalue(person)).get("/ledger").status_code == status


def test_a_role_without_the_power_is_refused_in_words(client_of, vi):
    vi.role.permissions.remove(vi.role.permissions.get(codename="view_entry"))

    answer = client_of(vi).get("/ledger")

    assert answer.status_code == 403
    assert "may not read the ledger" in answer.text


def test_a_stranger_reads_nothing_of_ours(client_of, ada, sys, cy):
    question = ask(sys)
    actions.reject(question.pk, actor=ada, reason="Still the rollback target.")
    line = Entry.objects.about("intervention", question.pk).first()

    assert "rollback" not in client_of(cy).get("/ledger").text
    assert client_of(cy).get(f"/ledger/{line.pk}").status_code == 404
    assert lines(client_of(cy), subject=f"intervention:{question.pk}") == []


def test_a_line_says_who_did_what_to_what_why_in_which_role(client_of, vi, ada, sys):
    actions.reject(ask(sys, title="Deploy 4.18.2").pk, actor=ada, reason="Still the rollback target.")

    told = lines(client_of(vi), verb="outcomes")[0]

    for words in ("Ada Nyström rejected it", "Still the rollback target.", "Deploy 4.18.2", "Operator"):
        assert words in told


def test_words_of_others_cannot_become_markup(client_of, ada, sys):
    question = ask(sys, title="<script>alert(1)</script>")
    actions.reject(question.pk, actor=ada, reason="<b onclick=x>no</b>")
    client = client_of(ada)

    for page in (client.get("/ledger"), client.get(f"/ledger/{Entry.objects.first().pk}")):
        assert "<script>alert(1)" not in page.text
        assert "<b onclick" not in page.text


def test_it_is_narrowed_by_what_was_done_by_whom_about_what_and_when(client_of, ada, bo, sys):
    question = ask(sys)
    actions.claim(question.pk, actor=bo)
    actions.approve(question.pk, actor=ada)
    client, today = client_of(ada), timezone.localdate()

    assert len(lines(client, actor="local:bo")) == 1
    assert len(lines(client, actor="me")) == 1
    assert len(lines(client, verb="intervention.claimed")) == 1
    assert len(lines(client, verb="intervention")) == 3
    assert len(lines(client, subject=str(question.pk))) == 3
    assert len(lines(client, subject=f"intervention:{question.pk}", since=str(today), until=str(today))) == 3
    assert lines(client, subject=str(question.pk), until=str(today - timezone.timedelta(days=1))) == []


def test_the_story_of_a_unit_has_its_questions_in_it(client_of, ada, sys):
    question = held(sys)
    actions.approve(question.pk, actor=ada)
    ask(sys, title="Another one")

    told = lines(client_of(ada), unit=str(question.unit_id))

    assert [line for line in told if "approved it" in line]
    assert [line for line in told if "let the unit go on" in line]
    assert not [line for line in told if "Another one" in line]


def test_the_story_of_somebody_elses_unit_is_not_there(client_of, cy, sys):
    assert client_of(cy).get(f"/ledger?unit={held(sys).unit_id}").status_code == 404


@pytest.mark.parametrize(
    "query, field",
    [
        ("subject=nonsense", "subject"),
        ("subject=%00", "subject"),
        ("subject=" + "x" * 121, "subject"),
        ("unit=12", "unit"),
        ("verb=something.new", "verb"),
        ("actor=%00", "actor"),
        ("since=yesterday", "since"),
        ("until=9999-12-31", "until"),
        ("cursor=x", "cursor"),
    ],
)
def test_a_wrong_filter_is_refused_by_name(client_of, ada, query, field):
    page = client_of(ada).get(f"/ledger?{query}")

    assert page.status_code == 422
    assert field in page.text


def test_each_filter_that_is_on_is_a_chip_that_takes_it_away(client_of, ada):
    page = client_of(ada).get("/ledger?actor=me&verb=unit&cursor=").text

    assert '<a class="chip chip--accent" href="/ledger?verb=unit"><span class="dim">Who</span> me' in page
    assert '<a class="chip chip--accent" href="/ledger?actor=me"><span class="dim">Did</span> Units of work' in page


def test_pages_are_linked_both_ways(client_of, ada, sys):
    for number in range(51):
        record("unit.heartbeat", actor=sys, subject=sys, number=number)
    client = client_of(ada)

    newest = client.get("/ledger?verb=unit.heartbeat").text
    older = client.get("/ledger" + link(newest, "next")).text

    assert len(rows_of(newest)) == 50
    assert len(rows_of(older)) == 1
    assert rows_of(client.get("/ledger" + link(older, "prev")).text) == rows_of(newest)


def link(page: str, rel: str) -> str:
    return re.search(rf'rel="{rel}"[^>]* href="([^"]+)"', page).group(1).replace("&amp;", "&")


def test_every_line_has_a_page_that_tells_all_of_it(client_of, ada, vi, sys):
    question = ask(sys, title="Deploy 4.18.2")
    actions.reject(question.pk, actor=ada, reason="Still the rollback target.")
    line = Entry.objects.get(verb="intervention.decided")

    page = client_of(vi).get(f"/ledger/{line.pk}").text

    for words in ("Ada Nyström", "local:ada", "Operator", "intervention.decided", "rollback", "Deploy 4.18.2"):
        assert words in page
    assert f"/ledger?subject=intervention:{question.pk}" in page
    assert "All 2 lines about it" in page


def test_a_line_that_is_not_there_is_said_to_be_missing(client_of, ada):
    assert client_of(ada).get("/ledger/999999999").status_code == 404


def test_a_sealed_vote_has_no_page_and_no_row_for_who_has_not_voted(client_of, ada, bo, sys):
    question = ask(sys, required_approvals=2, votes_sealed=True)
    actions.approve(question.pk, actor=bo)
    Intervention.objects.filter(pk=question.pk).update(votes_sealed=True)
    vote = Entry.objects.filter(verb="intervention.voted").first()

    assert lines(client_of(ada), actor="local:bo") == []
    assert client_of(ada).get(f"/ledger/{vote.pk}").status_code == 404
    assert len(lines(client_of(bo), actor="me")) == 1


def test_a_key_without_the_scope_reads_no_line(ada):
    assert not Entry.objects.visible_to(narrowed(ada, "decide")).exists()


def test_fifty_lines_take_as_many_statements_as_two(client_of, ada, bo, sys):
    client = client_of(ada)

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get("/ledger")
        return len(captured)

    actions.claim(held(sys).pk, actor=bo)
    few = statements()
    for _ in range(12):
        actions.claim(held(sys).pk, actor=ada)

    assert statements() == few <= 22
