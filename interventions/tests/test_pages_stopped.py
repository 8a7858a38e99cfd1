"""What the pages of a question say and offer while a stop covers it, and how open pages learn of that."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from interventions import actions
from interventions.models import Intervention, Stop
from interventions.tests.asking import ask, fresh, held, unit_of
from interventions.tests.stopping import go_on, stop
from interventions.topics import pages
from live import topics

pytestmark = pytest.mark.django_db

ACTS = re.compile(r'data-key="[arswgcdn]"|show-modal|data-needs-reason|href="#answer"')
PANE = {"HX-Request": "true", "HX-Target": "peek"}


def row_in(html: str, question: Intervention) -> str:
    return re.search(f'<li class="row" id="card-{question.pk}".*?</li>', html, re.DOTALL).group()


def told(name: str, question: Intervention, actor):
    topic = topics.find(name)
    return topic.render(actor.organization_id, [str(question.pk)], topic.audience(actor))[str(question.pk)]


def between(page: str, start: str, end: str) -> str:
    return page[page.index(start) : page.index(end, page.index(start))]


@pytest.fixture
def stopped(gate, max, sys):
    """A question that a stop of its gate holds."""
    question = held(sys)
    stop(max)
    return question


@pytest.mark.parametrize("person", ["ada", "max", "vi", "sys"])
@pytest.mark.parametrize("headers", [{}, PANE])
def test_the_page_and_the_pane_say_so_in_place_of_the_acts(request, client_of, stopped, person, headers):
    found = Stop.objects.get()
    page = client_of(request.getfixturevalue(person)).get(f"/interventions/{stopped.pk}", headers=headers).text
    if not headers:
        page = between(page, "<main", "</main>")

    assert "Max Keller has stopped the gate deploys.</b> Since <time" in page
    assert "Agent repeated a refused command." in page
    assert f'href="/stops/{found.pk}"' in page
    assert not ACTS.search(page)


def test_where_acts_would_be_the_phone_has_the_way_to_the_stop(client_of, stopped, ada, vi):
    bar = between(client_of(ada).get(f"/interventions/{stopped.pk}").text, 'class="actbar"', "</div>")

    assert f'href="/stops/{Stop.objects.get().pk}"' in bar
    assert 'class="actbar"' not in client_of(vi).get(f"/interventions/{stopped.pk}").text


def test_a_row_leads_to_the_stop_and_offers_nothing(client_of, stopped, ada, vi):
    link = f'href="/stops/{Stop.objects.get().pk}"'

    for row in (row_in(client_of(ada).get("/").text, stopped), told("interventions.queue", stopped, ada)["html"]):
        assert link in row
        assert "<button" not in row
        assert "Max Keller has stopped the gate deploys." in row
    assert link in row_in(client_of(vi).get("/").text, stopped)


def test_what_lies_outside_the_scope_stays_as_it_is(client_of, stopped, ada, sys):
    other = ask(sys)

    assert 'data-key="a"' in row_in(client_of(ada).get("/").text, other)
    assert 'data-key="a"' in client_of(ada).get(f"/interventions/{other.pk}").text


def test_the_clocks_on_the_pages_stand_still(client_of, stopped, ada):
    since = str(round(Stop.objects.get().at.timestamp() * 1000))

    assert f'data-paused="{since}"' in row_in(client_of(ada).get("/").text, stopped)
    assert f'data-paused-at="{since}"' in client_of(ada).get(f"/interventions/{stopped.pk}").text


def test_its_time_does_not_pass_while_it_is_held(client_of, stopped, ada):
    past = timezone.now() - timedelta(hours=1)
    Intervention.objects.filter(pk=stopped.pk).update(due_at=past, expires_at=past)

    assert "The time to decide has passed." not in client_of(ada).get(f"/interventions/{stopped.pk}").text


def test_what_was_pressed_before_can_still_be_taken_back(client_of, gate, max, ada, sys):
    question = held(sys, undo_seconds=60)
    actions.approve(question.pk, actor=ada)
    stop(max)
    page = client_of(ada).get(f"/interventions/{question.pk}").text

    assert 'data-key="z"' in page
    assert "It will not be sent while this is stopped." in page
    assert 'data-key="z"' in row_in(client_of(ada).get("/").text, question)
    assert actions.undo(question.pk, actor=ada).held is None


def test_once_rearmed_the_acts_are_back(client_of, stopped, ada, max):
    go_on(Stop.objects.get(), max)
    page = client_of(ada).get(f"/interventions/{stopped.pk}").text

    assert 'data-key="a"' in page
    assert "has stopped" not in page
    assert 'data-key="a"' in row_in(client_of(ada).get("/").text, stopped)


def test_an_open_page_is_told_that_it_has_changed(gate, max, ada, sys):
    question, outside = held(sys), ask(sys)
    before = [told("interventions.detail", one, ada)["version"] for one in (question, outside)]
    found = stop(max)
    during = [told("interventions.detail", one, ada)["version"] for one in (question, outside)]
    go_on(found, max)
    after = [told("interventions.detail", one, ada)["version"] for one in (question, outside)]

    assert len({before[0], during[0], after[0]}) == 3
    assert before[1] == during[1] == after[1]


def test_the_page_names_the_version_it_is_told(client_of, stopped, ada):
    version = told("interventions.detail", stopped, ada)["version"]

    assert f'data-version="{version}"' in client_of(ada).get(f"/interventions/{stopped.pk}").text


def test_a_page_that_was_away_when_it_was_pulled_or_lifted_starts_anew(gate, max, ada, sys):
    question = held(sys)
    at = timezone.now()
    assert pages.changed_since(ada, "", at) == []
    found = stop(max)
    assert pages.changed_since(ada, "", at) is None
    assert pages.changed_since(ada, str(question.pk), at) == [str(question.pk)]
    pulled = timezone.now()
    assert pages.changed_since(ada, str(question.pk), pulled) == []
    Intervention.objects.update(updated_at=at - timedelta(hours=1))
    go_on(found, max)
    assert pages.changed_since(ada, "", pulled) is None


def test_another_organizations_stop_changes_nothing_here(client_of, gate, max, cy, ada, sys):
    question = ask(sys)
    at = timezone.now()
    stop(cy, "organization", "")

    assert pages.changed_since(ada, "", at) == []
    assert 'data-key="a"' in row_in(client_of(ada).get("/").text, question)


@pytest.mark.parametrize("scope, target", [("organization", ""), ("platform", None), ("workflow", "nightly")])
def test_each_scope_shows_on_its_rows(client_of, max, ada, sys, scope, target):
    unit = unit_of(sys, workflow="nightly")
    question = ask(sys, unit=unit.pk)
    stop(max, scope, unit.platform.slug if target is None else target)

    assert f"/stops/{Stop.objects.get().pk}" in row_in(client_of(ada).get("/").text, fresh(question))
