"""What the templates make of people: names marked in what somebody wrote, and who looks at a question."""

from types import SimpleNamespace

import pytest

from accounts.models import Membership
from chameleon.templatetags.people import looking_words, words_of
from conftest import member
from interventions import actions
from interventions.models import Comment, Intervention
from interventions.tests.asking import ask


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return ask(sys)


def said(question: Intervention, body: str, actor: Membership) -> Comment:
    actions.comment(question.pk, body=body, actor=actor)
    return Comment.objects.latest("pk")


def test_a_name_is_marked_and_everything_else_is_text(ada, bo, question):
    html = words_of(said(question, '<script>alert(1)</script> @bo & "@"\n\nsecond', ada))

    assert f'<b class="mention" data-who="{bo.pk}">@Bo Lindqvist</b>' in html
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert html.count("<p>") == 2


def test_a_name_that_is_itself_markup_does_no_harm(ada, organization, question):
    member(organization, "mallory", "Viewer", name='<img src=x onerror="alert(1)">')

    html = words_of(said(question, "@mallory", ada))
    assert "<img" not in html
    assert "@&lt;img src=x" in html


def test_other_scripts_and_pictures_stay_as_they_were(ada, bo, question):
    html = words_of(said(question, "שלום @bo 👩🏽‍🚀 مرحبا", ada))

    assert "שלום" in html
    assert "👩🏽‍🚀 مرحبا" in html


def test_who_was_not_mentioned_is_not_marked(ada, bo, question):
    comment = said(question, "@bo", ada)
    comment.mentions.clear()

    assert words_of(comment) == "<p>@bo</p>"


def test_looking_is_said_in_one_sentence():
    people = [SimpleNamespace(name=name) for name in ("Ada", "Bo", "Max", "Vi")]

    assert looking_words(people[:1]) == "Ada is looking at this"
    assert looking_words(people[:2]) == "Ada and Bo are looking at this"
    assert looking_words(people[:3]) == "Ada, Bo and 1 more are looking at this"
    assert looking_words(people) == "Ada, Bo and 2 more are looking at this"
