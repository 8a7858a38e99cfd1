"""An organization in which nothing was ever asked explains itself, and offers a sample."""

import pytest

from accounts import actions as accounts
from audit.models import Entry
from interventions import actions
from interventions.models import Intervention
from interventions.tests.asking import ask


def test_an_untouched_organization_says_what_to_do(client_of, ada):
    page = client_of(ada).get("/").text

    assert "Nothing was ever asked here" in page
    assert "curl -X POST" in page
    assert "Bearer $CHAMELEON_KEY" in page
    assert "Ask a sample question" in page


def test_no_key_is_ever_on_it(client_of, max, key_of):
    text = key_of(max)

    assert text not in client_of(max).get("/").text


def test_the_sample_is_a_real_question_that_says_what_it_is(client_of, ada):
    answer = client_of(ada).post("/samples")

    asked = Intervention.objects.get()
    assert answer.headers["Location"] == f"/interventions/{asked.pk}"
    assert asked.title.startswith("Sample:")
    assert asked.tags == ["sample"]
    assert "Nothing runs, whatever you decide." in client_of(ada).get(f"/interventions/{asked.pk}").text
    assert Entry.objects.filter(verb="intervention.raised", actor_id=ada.pk).exists()


def test_the_sample_can_be_decided_by_whoever_asked_it(client_of, ada):
    client_of(ada).post("/samples")
    actions.approve(Intervention.objects.get().pk, actor=ada)

    assert Intervention.objects.get().status == "approved"


def test_a_link_asks_nothing(client_of, ada):
    assert client_of(ada).get("/samples").status_code == 405
    assert not Intervention.objects.exists()


def test_a_viewer_is_offered_no_sample_and_may_not_ask_one(client_of, vi):
    assert "Ask a sample question" not in client_of(vi).get("/").text
    assert client_of(vi).post("/samples").status_code == 403


def test_once_something_was_asked_the_page_only_says_that_nothing_waits(client_of, ada, sys):
    actions.approve(ask(sys).pk, actor=ada)
    page = client_of(ada).get("/").text

    assert "Nothing is waiting" in page
    assert "Nothing was ever asked here" not in page


def test_a_filter_is_not_taken_for_emptiness(client_of, ada):
    assert "Nothing was ever asked here" not in client_of(ada).get("/?priority=high").text


@pytest.mark.parametrize("language, words", [("en", "Sample: deploy checkout")])
def test_the_sample_is_asked_in_ones_own_language(client_of, ada, language, words):
    accounts.set_preferences(actor=ada, language=language)
    client_of(ada).post("/samples")

    assert Intervention.objects.get().title.startswith(words)
