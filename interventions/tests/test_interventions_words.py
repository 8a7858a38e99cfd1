"""What pilots write: reasons, and answers to more than yes or no."""

import pytest

from interventions import actions
from interventions.models import Decision
from interventions.tests.asking import ask, everything, fresh, held, status_of
from kit.errors import BadInput

SCHEMA = {
    "type": "object",
    "properties": {"region": {"enum": ["eu", "us"]}, "count": {"type": "integer", "minimum": 1}},
    "required": ["region"],
}


@pytest.mark.parametrize("act", ["approve", "reject", "waive"])
@pytest.mark.parametrize("reason", ["x" * 10_001, "a\x00b", "\ud800"], ids=["endless", "NUL", "half a character"])
def test_a_reason_that_does_not_fit_is_refused_by_name(sys, max, act, reason):
    question = held(sys)
    before = everything()

    with pytest.raises(BadInput) as refused:
        getattr(actions, act)(question.pk, reason=reason, actor=max)
    assert refused.value.errors[0]["field"] == "reason"
    assert everything() == before


def test_a_reason_of_ten_thousand_characters_fits_and_the_unit_keeps_its_beginning(sys, ada):
    question = held(sys)
    actions.reject(question.pk, reason="ü" * 10_000, actor=ada)

    assert len(Decision.objects.get().reason) == 10_000
    assert len(fresh(question.unit).note) == 1_000


@pytest.mark.parametrize("kind, act", [("approval", "approve"), ("approval", "reject"), ("resume", "resume")])
@pytest.mark.parametrize("reason", ["", "  \n "], ids=["none", "blank"])
def test_where_the_gate_asks_for_a_reason_there_must_be_one(sys, ada, kind, act, reason):
    question = held(sys, kind, reason_required=True)

    with pytest.raises(BadInput, match="say why"):
        getattr(actions, act)(question.pk, reason=reason, actor=ada)
    assert getattr(actions, act)(question.pk, reason="It is fine.", actor=ada).decision.reason == "It is fine."


def test_an_answer_needs_a_reason_too_where_the_gate_asks(sys, ada):
    question = held(sys, "clarification", reason_required=True)

    with pytest.raises(BadInput, match="say why"):
        actions.answer(question.pk, answer="Blue.", actor=ada)


@pytest.mark.parametrize("answer", ["Blue.", 0, False, 7.5, ["a"], {"a": 1}])
def test_without_a_schema_anything_but_nothing_is_an_answer(sys, ada, answer):
    question = ask(sys, "clarification")
    actions.answer(question.pk, answer=answer, actor=ada)

    assert Decision.objects.get().answer == answer


@pytest.mark.parametrize("answer", [None, "", " \n\t", [], {}], ids=repr)
def test_nothing_is_no_answer(sys, ada, answer):
    question = ask(sys, "clarification")

    with pytest.raises(BadInput, match="answer: an answer cannot be empty"):
        actions.answer(question.pk, answer=answer, actor=ada)
    assert status_of(question) == "pending"


def test_an_answer_has_the_shape_that_was_asked_for(sys, ada):
    question = ask(sys, "clarification", answer_schema=SCHEMA)
    actions.answer(question.pk, answer={"region": "eu", "count": 2}, actor=ada)

    assert status_of(question) == "completed"


@pytest.mark.parametrize(
    "answer, fields",
    [
        ({"region": "mars"}, {"answer/region"}),
        ({"region": "mars", "count": 0}, {"answer/region", "answer/count"}),
        ({}, {"answer"}),
        ("eu", {"answer"}),
    ],
)
def test_each_place_of_an_answer_that_does_not_fit_is_named(sys, ada, answer, fields):
    question = ask(sys, "clarification", answer_schema=SCHEMA)
    before = everything()

    with pytest.raises(BadInput) as refused:
        actions.answer(question.pk, answer=answer, actor=ada)
    assert {error["field"] for error in refused.value.errors} == fields
    assert everything() == before


@pytest.mark.parametrize(
    "answer", ["a\x00b", {"a\x00": 1}, "\ud800", 2**53, "x" * 300_000], ids=["NUL", "key", "half", "integer", "size"]
)
def test_an_answer_that_cannot_be_kept_is_refused_by_name(sys, ada, answer):
    question = ask(sys, "clarification")

    with pytest.raises(BadInput) as refused:
        actions.answer(question.pk, answer=answer, actor=ada)
    assert refused.value.errors[0]["field"] == "answer"


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    ],
    ids=["itself", "in a circle"],
)
def test_a_schema_that_leads_round_in_a_circle_ends_in_a_sentence(sys, ada, schema):
    question = ask(sys, "clarification", answer_schema=schema)

    with pytest.raises(BadInput, match="takes too long"):
        actions.answer(question.pk, answer="Blue.", actor=ada)


def test_a_pattern_made_to_hang_does_not(sys, ada):
    question = ask(sys, "clarification", answer_schema={"type": "string", "pattern": "^(a+)+$"})

    with pytest.raises(BadInput):
        actions.answer(question.pk, answer="a" * 5_000 + "!", actor=ada)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "format": "uri"},
        {"$schema": "http://json-schema.org/draft-07/schema#", "type": "string"},
        {"type": "string", "format": "date", "title": "When?"},
    ],
    ids=["a format nobody checks", "an older draft", "a format that is checked"],
)
def test_what_libraries_write_into_a_schema_is_taken(sys, ada, schema):
    question = ask(sys, "clarification", answer_schema=schema)
    actions.answer(question.pk, answer="2026-11-21", actor=ada)

    assert status_of(question) == "completed"
