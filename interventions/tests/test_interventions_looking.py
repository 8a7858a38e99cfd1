"""Who has a question in front of them: told when somebody comes and goes, forgotten when they are gone."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership
from interventions import actions, tasks
from interventions.models import Intervention, Look
from interventions.queries.hands import lookers_at
from interventions.tests.asking import ask, verbs
from kit.errors import NotThere
from live import topics
from live.bus import Hint


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return ask(sys)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions whose lookers were told of somebody, in order."""
    keys: list[str] = []
    monkeypatch.setattr("interventions.actions.looks.announce", lambda topic, key, **_: keys.append(key))

    def announce_many(hints: list[Hint]) -> None:
        keys.extend(hint.key for hint in hints)

    monkeypatch.setattr("interventions.actions.looks.announce_many", announce_many)
    return keys


def seen_ago(who: Membership, seconds: float) -> None:
    Look.objects.filter(by=who).update(seen_at=timezone.now() - timedelta(seconds=seconds))


def names_at(question: Intervention, viewer: Membership) -> list[str]:
    return [one.name for one in lookers_at(question, timezone.now(), viewer)]


def test_one_sees_who_else_looks_and_not_oneself(ada, bo, vi, question):
    actions.look(question.pk, actor=ada)
    actions.look(question.pk, actor=vi)

    assert names_at(question, bo) == ["Ada Nyström", "Vi Larsen"]
    assert names_at(question, ada) == ["Vi Larsen"]
    assert verbs(question) == ["intervention.raised"]


def test_others_are_told_when_somebody_comes_and_not_at_each_beat(ada, question, told):
    actions.look(question.pk, actor=ada)
    seen_ago(ada, 20)
    actions.look(question.pk, actor=ada)

    assert told == [str(question.pk)]
    assert Look.objects.get().seen_at > timezone.now() - timedelta(seconds=5)


def test_a_beat_that_comes_too_soon_is_not_written(ada, question):
    actions.look(question.pk, actor=ada)
    seen_ago(ada, 3)
    before = Look.objects.get().seen_at

    actions.look(question.pk, actor=ada)
    assert Look.objects.get().seen_at == before


def test_who_says_goodbye_is_gone_at_once_and_once(ada, bo, question, told):
    actions.look(question.pk, actor=ada)
    actions.look(question.pk, actor=ada, gone=True)
    actions.look(question.pk, actor=ada, gone=True)

    assert names_at(question, bo) == []
    assert told == [str(question.pk)] * 2


def test_a_goodbye_to_what_one_did_not_look_at_changes_nothing(ada, question, told):
    actions.look(question.pk, actor=ada, gone=True)

    assert told == []
    assert not Look.objects.exists()


def test_who_falls_silent_is_gone_after_three_quarters_of_a_minute(ada, bo, question):
    actions.look(question.pk, actor=ada)
    seen_ago(ada, 44)
    assert names_at(question, bo) == ["Ada Nyström"]

    seen_ago(ada, 46)
    assert names_at(question, bo) == []


def test_the_clock_forgets_who_has_gone_and_tells_who_still_looks(ada, bo, question, told):
    actions.look(question.pk, actor=ada)
    actions.look(question.pk, actor=bo)
    seen_ago(ada, 50)
    told.clear()

    tasks.free_hands(0)
    assert [look.by for look in Look.objects.all()] == [bo]
    assert told == [str(question.pk)]


def test_the_last_look_of_who_holds_it_is_kept_and_told_while_it_is_news(ada, question, told):
    actions.claim(question.pk, actor=ada)
    actions.look(question.pk, actor=ada)
    told.clear()

    seen_ago(ada, 50)
    tasks.free_hands(0)
    seen_ago(ada, 200)
    tasks.free_hands(0)
    assert told == [str(question.pk)]
    assert Look.objects.get().by == ada


def test_nobody_looks_at_what_they_may_not_see(cy, question):
    with pytest.raises(NotThere):
        actions.look(question.pk, actor=cy)


def test_a_settled_question_is_not_watched(ada, bo, question, told):
    actions.approve(question.pk, actor=bo)
    actions.look(question.pk, actor=ada)

    assert told == []
    assert not Look.objects.exists()


def test_nobody_looks_at_more_than_twenty_at_once(ada, sys):
    for _ in range(22):
        actions.look(ask(sys).pk, actor=ada)

    assert Look.objects.count() == 20


# ---------- The wire ----------


def test_each_page_is_told_of_the_others(ada, bo, vi, question):
    actions.look(question.pk, actor=ada)
    topic = topics.find("interventions.presence")

    def html(actor: Membership) -> str:
        return topic.render(actor.organization_id, [str(question.pk)], topic.audience(actor))[str(question.pk)]["html"]

    assert "Ada Nyström is looking at this" in html(bo)
    assert "is looking" not in html(ada)
    actions.look(question.pk, actor=vi)
    assert "Ada Nyström and Vi Larsen are looking at this" in html(bo)


def test_only_who_sees_the_question_listens(ada, cy, question):
    topic = topics.find("interventions.presence")

    assert topic.may_listen(ada, str(question.pk))
    assert not topic.may_listen(cy, str(question.pk))
    assert not topic.may_listen(ada, "")
    assert not topic.may_listen(ada, "no-id")
    assert topic.render(cy.organization_id, [str(question.pk)], topic.audience(cy)) == {str(question.pk): None}
