"""What stands around a question: links, the other questions of its unit, and what happened to all of them."""

import pytest

from interventions import actions
from interventions.models import Intervention
from interventions.queries.around import links_of, others_of
from interventions.tests.asking import ask, unit_of


@pytest.mark.parametrize(
    "link",
    [
        {"title": "x", "url": "javascript:alert(1)"},
        {"title": "x", "url": "data:text/html,x"},
        {"title": "x", "url": "//example.com"},
        {"title": "x", "url": "http://[bad"},
        {"title": "x"},
        "https://example.com",
    ],
)
def test_only_what_leads_to_a_web_page_is_a_link(link):
    assert links_of(Intervention(links=[link])) == []


def test_a_link_says_where_it_leads_and_tells_nothing(client_of, sys, ada):
    link = {"title": "<b>Your bank</b>", "url": "https://evil.example/x?a=1&b=2", "media_type": "application/pdf"}
    question = ask(sys, links=[link])

    page = client_of(ada).get(f"/interventions/{question.pk}").text

    assert "&lt;b&gt;Your bank&lt;/b&gt;" in page
    assert "evil.example, application/pdf" in page
    assert 'rel="noopener noreferrer nofollow"' in page


def test_the_history_is_of_the_unit_and_all_its_questions(client_of, sys, ada, bo):
    unit = unit_of(sys)
    first = ask(sys, title="May it start?", unit=unit.pk)
    actions.reject(first.pk, reason="Not on a Friday.", actor=bo)
    unit.status = "active"
    unit.settled_at = None
    unit.save()
    second = ask(sys, title="May it start now?", unit=unit.pk)

    page = client_of(ada).get(f"/interventions/{second.pk}").text

    assert "Other questions of this unit" in page
    assert "Not on a Friday." in page
    assert f'href="/interventions/{first.pk}"' in page


def test_nobody_sees_questions_of_a_unit_that_are_not_theirs_to_see(sys, cy, ada):
    unit = unit_of(sys)
    first, second = ask(sys, unit=unit.pk), None
    actions.cancel(first.pk, actor=sys)
    second = ask(sys, unit=unit_of(sys, parent=unit).pk)

    assert others_of(first, cy) == []
    assert others_of(second, ada) == []
