"""Whom a comment names: found, kept, marked, told; and nothing in it is trusted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import Membership
from accounts.queries import system_of
from audit.models import Entry
from conftest import member
from interventions import actions
from interventions.models import Comment, Intervention
from interventions.queries.mentions import mentioned_in, news_for, suggestions
from interventions.tests.asking import ask
from live import topics


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return ask(sys)


def names_in(text: str, actor: Membership) -> list[str]:
    return [one.pilot.username for one in mentioned_in(text, actor)]


def said(question: Intervention, body: str, actor: Membership) -> Comment:
    actions.comment(question.pk, body=body, actor=actor)
    return Comment.objects.latest("pk")


def news(actor: Membership) -> list[tuple[str, str]]:
    return [(one["what"], one["said"]) for one in news_for(actor)]


@pytest.mark.parametrize(
    "text",
    [
        "@bo",
        "Ask @bo.",
        "@Bo, please",
        "(@bo)",
        '@"Bo Lindqvist" knows',
        "@“Bo Lindqvist” knows",  # as phones write it
        '@"bo lindqvist"',
        "@bo @bo @bo",
    ],
)
def test_a_member_is_named_by_user_name_or_in_full(ada, bo, text):
    assert names_in(text, ada) == ["bo"]


@pytest.mark.parametrize("text", ["bo", "mail bo@bo", "ada@bo.example", "@", '@""', "@@bo", "@bob", "@cy", "@ada", ""])
def test_what_only_looks_like_a_name_names_nobody(ada, bo, cy, text):
    assert names_in(text, ada) == []


def test_neither_the_system_nor_who_may_not_look_is_named(ada, organization):
    from django.contrib.auth.models import Group

    Group.objects.create(name="Nobody")
    member(organization, "nobody", "Nobody")

    assert names_in('@nobody @system:chameleon @"Chameleon"', ada) == []


def test_two_of_one_name_are_both_meant_and_a_name_with_a_full_stop_is_found(ada, organization):
    for username in ("j.doe", "jane"):
        member(organization, username, "Viewer", name="J. Doe")

    assert names_in('@"J. Doe"', ada) == ["j.doe", "jane"]
    assert names_in("So says @j.doe.", ada) == ["j.doe"]


def test_a_flood_of_names_is_cut_off(ada, organization):
    for number in range(25):
        member(organization, f"pilot{number}", "Viewer")

    assert len(names_in(" ".join(f"@pilot{number}" for number in range(25)), ada)) == 20


def test_a_mention_is_kept_and_stands_in_the_ledger(ada, bo, max, question):
    comment = said(question, "@bo and @max, please look.", ada)

    assert set(comment.mentions.all()) == {bo, max}
    assert Entry.objects.latest("pk").data == {"mentioned": ["Bo Lindqvist", "Max Keller"]}


def test_who_is_asked_back_about_can_be_named_too(ada, bo, question):
    actions.clarify(question.pk, message="@bo says it is host 7. Is it?", actor=ada)

    assert Entry.objects.latest("pk").data == {"mentioned": ["Bo Lindqvist"]}
    assert news(bo) == [("mentioned", "Ada Nyström mentioned you:")]


# ---------- As it is told ----------


def test_who_is_concerned_is_told_what_and_by_whom(ada, bo, max, sys, question):
    said(question, "@bo?", ada)
    actions.assign(question.pk, to="local:bo", actor=ada)
    actions.claim(question.pk, actor=max)
    actions.hand_over(question.pk, to="local:bo", actor=max)

    assert news(bo) == [
        ("mentioned", "Ada Nyström mentioned you:"),
        ("assigned", "Ada Nyström assigned this to you:"),
        ("handed_over", "Max Keller handed this over to you:"),
    ]
    assert news(ada) == news(max) == news(sys) == []


def test_whoever_asked_back_hears_of_the_reply(ada, bo, sys, question):
    actions.clarify(question.pk, message="Which one?", actor=ada)
    actions.reply(question.pk, message="The second.", actor=sys)

    assert news(ada) == [("replied", "CI runner replied to you:")]
    assert news(bo) == []


def test_what_one_does_oneself_is_no_news(ada, question):
    actions.assign(question.pk, to="local:ada", actor=ada)
    actions.clarify(question.pk, message="@ada", actor=ada)
    actions.reply(question.pk, message="Never mind.", actor=ada)

    assert news(ada) == []


def test_a_claim_that_lapsed_is_news_to_who_held_it(ada, sys, question):
    actions.claim(question.pk, actor=ada)
    later = timezone.now() + timedelta(hours=1)
    actions.lapse_claim(question.pk, organization_id=sys.organization_id, now=later)

    assert news(ada) == [("lapsed", "Your claim has lapsed:")]


def test_old_news_is_no_news(ada, bo, question):
    said(question, "@bo", ada)
    Comment.objects.update(at=timezone.now() - timedelta(minutes=11))

    assert news(bo) == []


def test_each_hears_only_what_concerns_them(ada, bo, question):
    topic = topics.find("interventions.told")
    said(question, "@bo", ada)
    (one,) = topic.render(bo.organization_id, [str(bo.pk)], topic.audience(bo))[str(bo.pk)]["news"]

    assert (one["title"], one["url"]) == ("Deploy 4.18.2", f"/interventions/{question.pk}")
    assert topic.may_listen(bo, str(bo.pk))
    assert not topic.may_listen(ada, str(bo.pk))
    assert not topic.may_listen(ada, "")
    assert topic.missed(bo, str(bo.pk), timezone.now() - timedelta(minutes=1)) == [str(bo.pk)]
    assert topic.missed(ada, str(ada.pk), timezone.now() - timedelta(minutes=1)) == []


# ---------- While one writes ----------


@pytest.mark.parametrize("begin", ["b", "BO", "lind", "Bo L"])
def test_a_name_begun_is_suggested(ada, bo, begin):
    assert suggestions(ada, begin) == [{"username": "bo", "name": "Bo Lindqvist"}]


def test_everybody_else_is_suggested_first_and_no_stranger(ada, bo, vi, cy, max, client_of):
    assert [one["username"] for one in suggestions(ada, "")] == ["bo", "max", "vi"]
    assert client_of(ada).get("/people", {"begin": "vi"}).json() == {
        "people": [{"username": "vi", "name": "Vi Larsen"}]
    }


def test_who_left_is_not_suggested(ada, bo):
    accounts.end_membership(bo, actor=system_of(ada.organization_id))

    assert suggestions(ada, "bo") == []


@pytest.mark.parametrize("begin", ["%", "_", "\\", "\x00", "'"])
def test_odd_letters_suggest_nobody(ada, bo, begin):
    assert suggestions(ada, begin + "zz") == []
