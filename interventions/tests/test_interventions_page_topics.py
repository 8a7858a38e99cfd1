"""What a browser may listen to, and what it is told: the same for everybody of a role, nothing to a stranger."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Membership
from conftest import member
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.topics import pages
from live import topics


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return actions.raise_intervention(Question(kind="approval", title="Deploy 4.18.2"), actor=sys)


def told(name: str, question: Intervention, actor: Membership):
    """What a listener like `actor` is sent about the question."""
    topic = topics.find(name)
    key = "" if name == "interventions.counts" else str(question.pk)
    return topic.render(actor.organization_id, [key], topic.audience(actor))[key]


@pytest.mark.parametrize("name", ["interventions.queue", "interventions.detail", "interventions.counts"])
def test_two_pilots_of_one_role_are_one_audience(name, ada, bo, vi, cy):
    audience = topics.find(name).audience

    assert audience(ada) == audience(bo)
    assert len({audience(ada), audience(vi), audience(cy)}) == 3


def test_whoever_may_view_hears_the_queue(organization, ada, vi):
    Group.objects.create(name="Nobody")
    nobody = member(organization, "nobody", "Nobody")

    assert pages.may_see(ada, "")
    assert pages.may_see(vi, "")
    assert not pages.may_see(nobody, "")


def test_a_stranger_does_not_hear_of_one_question(ada, cy, question):
    assert pages.may_see(ada, str(question.pk))
    assert not pages.may_see(cy, str(question.pk))
    assert not pages.may_see(ada, "not-an-id")


def test_a_stranger_is_told_that_it_is_gone(cy, question):
    assert told("interventions.queue", question, cy) is None
    assert told("interventions.detail", question, cy) is None


def test_a_row_offers_what_the_role_may_press(ada, vi, question):
    assert '<button class="btn" data-key="a">Approve</button>' in told("interventions.queue", question, ada)["html"]
    assert "<button" not in told("interventions.queue", question, vi)["html"]


def test_a_row_comes_with_its_place(ada, question):
    row = told("interventions.queue", question, ada)

    assert row["sort"] == [2, round(question.due_at.timestamp() * 1000), str(question.pk)]
    assert row["status"] == "pending"


def test_what_differs_within_an_audience_is_left_to_the_browser(ada, bo, question):
    Intervention.objects.filter(pk=question.pk).update(required_approvals=2)
    actions.claim(question.pk, actor=ada)
    actions.approve(question.pk, actor=bo)

    html = told("interventions.queue", question, ada)["html"]

    assert f'data-who="{ada.pk}"' in html
    assert "Ada Nyström" in html
    assert f'data-not-for="{bo.pk}"' in html


def test_the_page_of_a_question_is_told_its_version_only(ada, question):
    before = told("interventions.detail", question, ada)
    actions.comment(question.pk, body="Hm.", actor=ada)
    after = told("interventions.detail", question, ada)

    assert before.keys() == after.keys() == {"status", "version"}
    assert before["version"] != after["version"]


def test_what_was_missed_is_what_changed_since(ada, sys, question):
    start = timezone.now()
    other = actions.raise_intervention(Question(kind="approval", title="Another"), actor=sys)
    actions.comment(other.pk, body="Hm.", actor=ada)

    assert pages.changed_since(ada, "", start) == [str(other.pk)]
    assert pages.changed_since(ada, str(question.pk), start) == []
    assert pages.changed_since(ada, str(question.pk), start - timedelta(minutes=1)) == [str(question.pk)]


def test_too_much_missed_is_a_reload(ada, sys, monkeypatch):
    monkeypatch.setattr(pages, "MOST_MISSED", 2)
    start = timezone.now()
    for number in range(3):
        actions.raise_intervention(Question(kind="approval", title=f"Question {number}"), actor=sys)

    assert pages.changed_since(ada, "", start) is None


def test_the_numbers_are_for_everybody_and_say_who_holds_how_many(ada, bo, question):
    actions.claim(question.pk, actor=bo)

    counts = told("interventions.counts", question, ada)

    assert (counts["open"], counts["unclaimed"], counts["overdue"]) == (1, 0, 0)
    assert counts["hands"] == {bo.pk: 1}
    assert counts["mood"] == "calm"
