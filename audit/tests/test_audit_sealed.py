"""Sealed votes: the ledger keeps them, and tells them when the question is settled or one has voted oneself."""

from uuid import uuid4

import pytest

from audit.actions import record
from audit.models import Entry


class Question:
    """All that the ledger's own floor needs to know of a question."""

    def __init__(self) -> None:
        self.pk = uuid4()

    class _meta:  # noqa: N801
        model_name = "intervention"


@pytest.fixture
def question(bo) -> Question:
    asked = Question()
    record("intervention.voted", actor=bo, subject=asked, act="approve", sealed=True)
    return asked


def votes_seen_by(reader, question) -> int:
    return Entry.objects.visible_to(reader).about("intervention", question.pk).filter(verb="intervention.voted").count()


def test_a_vote_under_seal_is_not_told(question, ada, vi, max):
    assert [votes_seen_by(reader, question) for reader in (ada, vi, max)] == [0, 0, 0]


def test_whoever_has_voted_sees_the_votes(question, ada, bo, vi):
    record("intervention.voted", actor=ada, subject=question, act="approve", sealed=True)

    assert [votes_seen_by(reader, question) for reader in (ada, bo, vi)] == [2, 2, 0]


@pytest.mark.parametrize("end", ["intervention.decided", "intervention.expired"])
def test_once_it_is_settled_everybody_does(question, ada, vi, end):
    record(end, actor=ada, subject=question)

    assert votes_seen_by(vi, question) == 1


def test_a_vote_on_another_question_breaks_no_seal(question, ada):
    other = Question()
    record("intervention.voted", actor=ada, subject=other, act="approve", sealed=True)
    record("intervention.decided", actor=ada, subject=other)

    assert votes_seen_by(ada, question) == 0


def test_a_vote_without_a_seal_is_told(ada, bo):
    asked = Question()
    record("intervention.voted", actor=bo, subject=asked, act="approve")

    assert votes_seen_by(ada, asked) == 1


def test_the_seal_holds_over_http_as_well(question, client_of, vi, bo):
    path = f"/api/audit?subject=intervention:{question.pk}"

    assert client_of(vi).get(path).json()["results"] == []
    assert client_of(vi).get("/api/audit?actor=local:bo").json()["results"] == []
    assert len(client_of(bo).get(path).json()["results"]) == 1
