import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardians import registry
from guardians.tests.units import HOSTILE, HOSTILE_ATTRIBUTES, NOW, a_unit, judge
from guardians.verdicts import Verdict
from kit.errors import BadInput

CANARY = {
    "expression": "unit.attributes.canary_percent <= 25",
    "message": "'canary is ' + string(unit.attributes.canary_percent) + ' percent'",
}


def test_true_lets_a_unit_pass():
    verdict = judge("EXPRESSION", CANARY, {"canary_percent": 25})

    assert verdict.allowed
    assert verdict.reason == "The expression is true."


def test_false_refuses_with_the_message():
    verdict = judge("EXPRESSION", CANARY, {"canary_percent": 100})

    assert not verdict.allowed
    assert verdict.reason == "canary is 100 percent"
    assert verdict.evidence == {"expression": CANARY["expression"]}


def test_without_a_message_the_reason_names_the_rule():
    verdict = judge("EXPRESSION", {"expression": "unit.attributes.a > 1"}, {"a": 1})

    assert verdict.reason == "The unit does not satisfy: unit.attributes.a > 1"


@pytest.mark.parametrize("message", ["unit.attributes.zz", "unit.attributes.a", "'  '", "'a' + unit.attributes.a", " "])
def test_a_message_that_fails_does_not_change_the_verdict(message):
    verdict = judge("EXPRESSION", {"expression": "unit.attributes.a > 1", "message": message}, {"a": 1})

    assert not verdict.allowed
    assert verdict.reason == "The unit does not satisfy: unit.attributes.a > 1"


def test_a_message_is_cut_to_one_printable_line():
    message = "'\\n\\x00' + unit.attributes.a"
    verdict = judge("EXPRESSION", {"expression": "false", "message": message}, {"a": "x" * 5_000})

    assert verdict.reason == "  " + "x" * 497 + "…"


@pytest.mark.parametrize(
    "expression, attributes",
    [
        ("unit.attributes.a", {}),
        ("unit.attributes.a", {"a": None}),
        ("unit.attributes.a", {"a": 1}),
        ("unit.attributes.a", {"a": "true"}),
        ("unit.attributes.a", {"a": [True]}),
        ("unit.attributes.a", {"a": {"b": True}}),
        ("unit.attributes.a > 1", {"a": "2"}),
        ("unit.attributes.a > 1", {"a": True}),
        ("!(unit.attributes.a > 1)", {}),
        ("!(unit.attributes.a > 1)", {"a": float("nan")}),
        ("unit.attributes.a != 1", {}),
        ("!unit.attributes.a", {"a": None}),
        ("!unit.attributes.a", {"a": "no"}),
        ("unit.attributes.a != 1", {"a": 2**64}),
    ],
)
def test_nothing_but_true_counts(expression, attributes):
    verdict = judge("EXPRESSION", {"expression": expression}, attributes)

    assert not verdict.allowed
    assert verdict.reason.endswith(".")
    assert "error" in verdict.evidence


@pytest.mark.parametrize(
    "config, field, why",
    [
        ({}, "config.expression", "is missing"),
        ({"expression": ""}, "config.expression", "1:1 Syntax error"),
        ({"expression": "true &&"}, "config.expression", "1:8 Syntax error"),
        ({"expression": "amount > 3"}, "config.expression", "1:1 undeclared reference"),
        ({"expression": "1 + 1"}, "config.expression", "gives a number"),
        ({"expression": "'true'"}, "config.expression", "gives text"),
        ({"expression": "null"}, "config.expression", "gives null"),
        ({"expression": "[true]"}, "config.expression", "gives a list"),
        ({"expression": "true", "message": "1"}, "config.message", "it must give text"),
        ({"expression": "true", "message": "Too large."}, "config.message", "(a plain sentence goes in quotes)"),
        ({"expression": "true", "message": "'a"}, "config.message", "Syntax error"),
        ({"expression": 1}, "config.expression", "must be text"),
        ({"expression": "true", "mesage": ""}, "config.mesage", "there is no such setting"),
        ({"expression": "true" + " " * 4_000}, "config.expression", "length <= 4000"),
        ({"expression": "'\x00' == ''"}, "config", "U+0000"),
    ],
)
def test_a_setting_that_is_wrong_is_named_with_its_place(config, field, why):
    with pytest.raises(BadInput) as refused:
        registry.compile("EXPRESSION", config)

    assert refused.value.errors[0]["field"] == field
    assert why in refused.value.errors[0]["message"]


def test_dynamic_results_are_decided_when_they_are_known():
    assert judge("EXPRESSION", {"expression": "unit.attributes.ok"}, {"ok": True}).allowed
    assert not judge("EXPRESSION", {"expression": "unit.attributes.ok"}, {"ok": False}).allowed


def test_its_cost_is_told_for_the_pages():
    assert registry.compile("EXPRESSION", CANARY).program.cost == 1


def test_it_describes_itself():
    assert registry.compile("EXPRESSION", CANARY).describe() == (
        "A unit may pass when this is true: unit.attributes.canary_percent <= 25"
    )


GUARDIANS = [
    registry.compile("EXPRESSION", CANARY),
    registry.compile(
        "EXPRESSION", {"expression": "unit.attributes.a.b == unit.proposed", "message": "unit.attributes.b"}
    ),
    registry.compile("EXPRESSION", {"expression": "unit.attributes.a", "message": "string(unit.attributes.a)"}),
]


@settings(deadline=None)
@given(st.sampled_from(GUARDIANS), HOSTILE_ATTRIBUTES, HOSTILE)
def test_no_attributes_whatsoever_make_it_raise(guardian, attributes, proposed):
    verdict = guardian.weigh(a_unit(attributes, proposed=proposed), NOW)

    assert type(verdict) is Verdict
    assert verdict.reason.isprintable()
