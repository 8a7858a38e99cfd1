"""Sentences, and the documents programs read them in."""

import pytest

from kit import errors
from kit.errors import BadInput, Problem, Refusal, TooMany, as_problem

STATUSES = {
    "Malformed": 400,
    "Unauthenticated": 401,
    "NotAllowed": 403,
    "NotThere": 404,
    "Refusal": 409,
    "TooLarge": 413,
    "UnsupportedType": 415,
    "BadInput": 422,
    "Unavailable": 503,
}


@pytest.mark.parametrize("name, status", STATUSES.items())
def test_every_problem_has_its_status_and_tells_its_sentence(name, status):
    problem = getattr(errors, name)("The door is shut.")

    assert isinstance(problem, Problem)
    assert str(problem) == problem.sentence == "The door is shut."
    assert as_problem(problem) == {
        "type": "about:blank",
        "title": problem.title,
        "status": status,
        "detail": "The door is shut.",
    }


def test_bad_input_names_the_field_in_the_sentence_and_beside_it():
    wrong = BadInput.field("title", "at most 300 characters")

    assert as_problem(wrong)["detail"] == "title: at most 300 characters"
    assert as_problem(wrong)["errors"] == [{"field": "title", "message": "at most 300 characters"}]


def test_a_refusal_carries_what_won():
    assert as_problem(Refusal("Too late.", decision={"by": "Ada"}))["decision"] == {"by": "Ada"}


def test_too_many_says_when_to_come_back():
    assert (TooMany("Slow down.", retry_after=7).status, TooMany("Slow down.", retry_after=7).retry_after) == (429, 7)


def test_problems_do_not_share_their_lists():
    first, second = BadInput("One."), BadInput("Two.")
    first.errors.append({"field": "a", "message": "b"})

    assert second.errors == []
