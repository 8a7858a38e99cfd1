"""Answers in fields: every part of a schema that has a field, what is refused where, and what falls back to JSON."""

import json

import pytest

from interventions.forms import AnswerForm
from interventions.forms.fields import field_for
from interventions.models import Intervention
from interventions.tests.asking import ask


def form_of(schema, said=None):
    return AnswerForm(said, question=Intervention(answer_schema=schema))


def answer_to(schema, **said):
    form = form_of(schema, {name.replace("__", "."): value for name, value in said.items()})
    assert form.is_valid(), form.errors
    return form.cleaned_data["answer"]


def one(part, *, needed=True):
    return {"type": "object", "properties": {"it": part}, "required": ["it"] if needed else []}


@pytest.mark.parametrize(
    "part, said, kept",
    [
        ({"type": "string"}, "two\nlines", "two\nlines"),
        ({"type": "string", "maxLength": 10}, "short", "short"),
        ({"type": "string", "format": "date"}, "2026-11-21", "2026-11-21"),
        ({"type": "string", "format": "date-time"}, "2026-11-21T14:07", "2026-11-21T14:07:00Z"),
        ({"type": "string", "format": "email"}, "ada@example.com", "ada@example.com"),
        ({"type": "string", "format": "uri"}, "https://example.com/a", "https://example.com/a"),
        ({"type": "integer"}, "0", 0),
        ({"type": "number"}, "0.5", 0.5),
        ({"type": "boolean"}, "false", False),
        ({"type": ["string", "null"]}, "x", "x"),
        ({"enum": ["a", 2, True]}, "2", 2),
        ({"oneOf": [{"const": "eu", "title": "Europe"}, {"const": "us"}]}, '"eu"', "eu"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, ['"b"'], ["b"]),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, [], []),
    ],
)
def test_what_is_filled_in_becomes_json(part, said, kept):
    assert answer_to(one(part), answer__it=said) == {"it": kept}


@pytest.mark.parametrize(
    "part, said",
    [
        ({"type": "string"}, ""),
        ({"type": "string", "minLength": 3}, "ab"),
        ({"type": "string", "maxLength": 3}, "abcd"),
        ({"type": "string", "format": "date"}, "21.11."),
        ({"type": "string", "format": "email"}, "ada"),
        ({"type": "string", "format": "uri"}, "javascript:alert(1)"),
        ({"type": "integer", "minimum": 1}, "0"),
        ({"type": "integer", "maximum": 5}, "6"),
        ({"type": "integer", "exclusiveMinimum": 0}, "0"),
        ({"type": "integer"}, "1.5"),
        ({"type": "number"}, "nan"),
        ({"type": "boolean"}, "maybe"),
        ({"enum": ["a"]}, '"b"'),
        ({"type": "array", "minItems": 1, "items": {"enum": ["a"]}}, []),
        ({"type": "array", "items": {"enum": ["a"]}}, ['"b"']),
    ],
)
def test_what_does_not_fit_is_said_at_its_field(part, said):
    form = form_of(one(part), {"answer.it": said})

    assert not form.is_valid()
    assert list(form.errors) == ["answer.it"]


def test_what_is_left_empty_and_may_be_is_left_out():
    assert answer_to(one({"type": "integer"}, needed=False), answer__it="") == {}
    assert answer_to(one({"type": "array", "items": {"enum": ["a"]}}, needed=False)) == {}


CONTACT = {
    "type": "object",
    "required": ["contact", "host"],
    "properties": {
        "host": {"type": "string"},
        "contact": {
            "type": "object",
            "title": "Whom to call",
            "required": ["mail"],
            "properties": {"mail": {"type": "string"}, "phone": {"type": "string"}},
        },
    },
}


def test_an_object_within_stands_under_its_name():
    answer = answer_to(CONTACT, answer__host="h", answer__contact__mail="m", answer__contact__phone="")

    assert answer == {"host": "h", "contact": {"mail": "m"}}
    assert [group.title for group in form_of(CONTACT).groups] == ["", "Whom to call"]


def test_what_is_needed_of_an_object_that_may_be_missing_is_not_needed_itself():
    schema = CONTACT | {"required": ["host"]}

    assert answer_to(schema, answer__host="h", answer__contact__mail="") == {"host": "h"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array"},
        {"type": "object"},
        {"type": "object", "properties": {"a": {}}},
        {"type": "object", "properties": {"a": True}},
        {"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer"}}}},
        one({"type": "object", "properties": {"b": {"type": "object", "properties": {"c": {"type": "string"}}}}}),
        {"type": "object", "properties": {f"n{n}": {"type": "string"} for n in range(41)}},
        {
            "type": "object",
            "properties": {"a.b": {"type": "string"}, "a": {"type": "object", "properties": {"b": {"type": "string"}}}},
        },
        {"$ref": "#/$defs/x"},
        True,
    ],
)
def test_what_has_no_fields_is_answered_as_json(schema):
    form = form_of(schema, {"answer": '{"a": 1}'})

    assert form.is_json
    assert form.is_valid()
    assert form.cleaned_data["answer"] == {"a": 1}


@pytest.mark.parametrize(
    "part, attribute",
    [
        ({"type": "string", "minLength": 2, "maxLength": 9}, 'minlength="2"'),
        ({"type": "string", "maxLength": 9}, 'maxlength="9"'),
        ({"type": "integer", "minimum": 1, "maximum": 50}, 'min="1"'),
        ({"type": "integer", "exclusiveMaximum": 50}, 'max="49"'),
        ({"type": "number"}, 'step="any"'),
        ({"type": "string", "format": "date"}, 'type="date"'),
        ({"type": "string", "format": "date-time"}, 'type="datetime-local"'),
        ({"type": "string", "format": "email"}, 'type="email"'),
        ({"type": "integer", "default": 5}, 'value="5"'),
        ({"type": "boolean", "default": True}, "checked"),
        ({"enum": list("abcde")}, 'type="radio"'),
        ({"enum": list("abcdef")}, "<select"),
        ({"type": "array", "items": {"enum": ["a"]}, "default": ["a"]}, "checked"),
    ],
)
def test_the_browser_checks_what_the_server_checks(part, attribute):
    html = str(form_of(one(part))["answer.it"])

    assert attribute in html
    if "default" not in part and part.get("type") != "array":
        assert "required" in html
        assert "checked" not in html


@pytest.mark.parametrize("part", [None, [], "x", {"type": 7}, {"enum": []}, {"enum": 7}, {"oneOf": [1]}])
def test_a_part_that_means_nothing_has_no_field(part):
    assert field_for(part, "it", is_required=True) is None


@pytest.mark.parametrize(
    "part",
    [
        {"type": "string", "default": 7, "minLength": "x", "maxLength": -1, "title": 1, "description": []},
        {"type": "integer", "minimum": "x", "default": "y"},
        {"type": "array", "items": {"enum": ["a"]}, "default": 7, "minItems": True},
        {"type": "string", "format": "date-time", "default": "yesterday"},
    ],
)
def test_a_schema_with_odd_words_still_makes_a_form(part):
    assert "answer.it" in str(form_of(one(part))["answer.it"])


def test_what_the_schema_refuses_lands_at_its_field_and_the_words_stay(client_of, sys, ada):
    schema = one({"type": "string", "maxLength": 40, "pattern": "^[a-z]+$"})
    question = ask(sys, "clarification", answer_schema=schema)

    page = client_of(ada).post(f"/interventions/{question.pk}/answer", {"answer.it": "No <b>4</b>"})

    assert page.status_code == 422
    assert 'id="id_answer.it_error"' in page.text
    assert 'value="No &lt;b&gt;4&lt;/b&gt;"' in page.text
    assert Intervention.objects.get().is_open


def test_a_gate_that_wants_reasons_gets_one_with_an_answer(client_of, sys, ada):
    question = ask(sys, "clarification", reason_required=True)
    client = client_of(ada)
    assert 'id="answer-why"' in client.get(f"/interventions/{question.pk}").text

    client.post(f"/interventions/{question.pk}/answer", {"answer": "host-7", "reason": "It is idle."})

    question.refresh_from_db()
    assert (question.decision.answer, question.decision.reason) == ("host-7", "It is idle.")


def test_an_answer_is_not_lost_when_somebody_was_quicker(client_of, sys, ada, bo):
    question = ask(sys, "clarification", answer_schema={"type": "boolean"})
    client_of(bo).post(f"/interventions/{question.pk}/answer", {"answer": json.dumps(True)})

    page = client_of(ada).post(f"/interventions/{question.pk}/answer", {"answer": json.dumps(False)})

    assert page.status_code == 409
    assert "Bo Lindqvist answered this" in page.text
