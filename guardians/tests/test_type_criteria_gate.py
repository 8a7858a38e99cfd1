import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardians import registry
from guardians.tests.units import HOSTILE, HOSTILE_ATTRIBUTES, NOW, a_unit, judge
from guardians.types.conditions import CONDITIONS
from guardians.verdicts import Verdict
from kit.errors import BadInput

ABSENT = object()


def rule(condition, value=ABSENT, field="a"):
    return {"field": field, "condition": condition} | ({} if value is ABSENT else {"value": value})


def gate(*rules, operator="AND"):
    return {"rules": list(rules), "operator": operator}


def holds(found, condition, value=ABSENT):
    return judge("CRITERIA_GATE", gate(rule(condition, value)), {} if found is ABSENT else {"a": found}).allowed


@pytest.mark.parametrize(
    "found, condition, value",
    [
        ("EU", "equals", "EU"),
        (5, "equals", 5.0),
        (True, "equals", True),
        (None, "equals", None),
        ({"x": [1, {"y": True}]}, "equals", {"x": [1.0, {"y": True}]}),
        ("EU", "not_equals", "US"),
        (5, "not_equals", 6),
        ("EU", "not_equals", None),
        (26, "gt", 25),
        (25, "gte", 25),
        (24.5, "lt", 25),
        (25, "lte", 25.0),
        (2**70, "gt", 25),
        ("2026-11-21T09:00:00+01:00", "lte", "2026-11-21T08:00:00Z"),
        ("2026-11-21T08:00:01Z", "gt", "2026-11-21T08:00:00Z"),
        ("abc", "contains", "b"),
        (["a", "b"], "contains", "b"),
        ([{"x": 1}], "contains", {"x": 1}),
        ("abc", "not_contains", "z"),
        (["a", "b"], "not_contains", "z"),
        ([], "not_contains", "z"),
        ("EU", "in", ["EU", "US"]),
        (5, "in", ["5", 5]),
        (None, "in", [None]),
        ("", "exists", ABSENT),
        (0, "exists", ABSENT),
        (False, "exists", None),
        (ABSENT, "not_exists", ABSENT),
        (None, "not_exists", ABSENT),
    ],
)
def test_a_rule_that_holds_lets_a_unit_pass(found, condition, value):
    assert holds(found, condition, value)


@pytest.mark.parametrize(
    "found, condition, value",
    [
        ("EU", "equals", "US"),
        ("eu", "equals", "EU"),
        ([1, 2], "equals", [1, 2, 3]),
        ("EU", "not_equals", "EU"),
        (None, "not_equals", None),
        (25, "gt", 25),
        (24, "gte", 25),
        (25, "lt", 25),
        (26, "lte", 25),
        ("2026-11-21T09:00:00Z", "lt", "2026-11-21T08:00:00Z"),
        ("abc", "contains", "z"),
        (["a"], "contains", "z"),
        ("abc", "not_contains", "b"),
        (["a", "b"], "not_contains", "b"),
        ("MARS", "in", ["EU", "US"]),
        (ABSENT, "exists", ABSENT),
        (None, "exists", ABSENT),
        (0, "not_exists", ABSENT),
        (False, "not_exists", ABSENT),
    ],
)
def test_a_rule_that_does_not_hold_refuses(found, condition, value):
    assert not holds(found, condition, value)


@pytest.mark.parametrize("condition", sorted(set(CONDITIONS) - {"not_exists"}))
def test_only_not_exists_passes_a_missing_field(condition):
    values = {"in": [1], "exists": None}

    assert not holds(ABSENT, condition, values.get(condition, 1))


@pytest.mark.parametrize(
    "found", ["5", True, None, [5], {"x": 5}, math.nan, math.inf, -math.inf, Decimal(5), NOW, b"5"]
)
@pytest.mark.parametrize("condition", ["equals", "not_equals", "gt", "gte", "lt", "lte"])
def test_what_is_no_number_compares_with_none(found, condition):
    assert not holds(found, condition, 4)


@pytest.mark.parametrize("found", [5, True, None, [5], {}])
@pytest.mark.parametrize("condition", ["equals", "not_equals", "contains", "not_contains"])
def test_what_is_no_text_compares_with_none(found, condition):
    assert not holds(found, condition, "x")


@pytest.mark.parametrize(
    "found, condition, value",
    [
        (1, "equals", True),
        (True, "equals", 1),
        (0, "not_equals", True),
        ([1], "equals", [True]),
        ({"x": 1}, "equals", {"x": True}),
        ([1], "contains", True),
        (1, "in", [True]),
    ],
)
def test_true_is_not_one(found, condition, value):
    assert not holds(found, condition, value)


@pytest.mark.parametrize(
    "found", ["2026-11-21", "2026-11-21T08:00:00", "yesterday", 1_795_000_000, None, True, ["2026-11-21T08:00:00Z"]]
)
def test_what_names_no_moment_is_neither_before_nor_after_one(found):
    assert not holds(found, "lt", "2030-01-01T00:00:00Z")
    assert not holds(found, "gt", "2000-01-01T00:00:00Z")


def test_a_list_of_other_things_contains_no_assurance():
    assert not holds([{"name": "production"}], "not_contains", "production")
    assert not holds([1, "staging"], "not_contains", "production")


@pytest.mark.parametrize(
    "attributes, config_rule, reason",
    [
        ({"a": 100}, rule("lte", 25), "a is 100. The rule allows 25 or less."),
        ({"a": "MARS"}, rule("in", ["EU", "US"]), 'a is "MARS". The rule allows only "EU", "US".'),
        ({"a": "EU"}, rule("not_equals", "EU"), 'a is "EU". The rule allows anything but "EU".'),
        ({}, rule("not_equals", "EU"), "a is missing."),
        ({}, rule("exists"), "a is missing."),
        ({"a": None}, rule("exists"), "a is null. The rule allows only units that have it."),
        ({"a": 1}, rule("not_exists"), "a is 1. The rule allows only units without it."),
        ({"a": "100"}, rule("lte", 25), "a is text. The rule compares it with a number."),
        ({"a": True}, rule("lte", 25), "a is true or false. The rule compares it with a number."),
        ({"a": math.nan}, rule("lte", 25), "a is no finite number. The rule compares it with a number."),
        ({"a": 7}, rule("contains", "x"), 'a is a number. The rule looks for "x" in it.'),
        ({"a": ["b"]}, rule("contains", "x"), 'a is a list of 1. The rule allows only what contains "x".'),
        ({"a": "x" * 500}, rule("equals", "y"), f'a is "{"x" * 120}…". The rule allows only "y".'),
        (
            {"a": 5},
            rule("in", list(range(10, 20))),
            "a is 5. The rule allows only 10, 11, 12, 13, 14, 15, 16, 17 or 2 more.",
        ),
    ],
)
def test_the_reason_says_what_was_found_and_what_is_allowed(attributes, config_rule, reason):
    assert judge("CRITERIA_GATE", gate(config_rule), attributes).reason == reason


def test_the_evidence_keeps_every_rule_that_failed():
    verdict = judge("CRITERIA_GATE", gate(rule("lte", 25), rule("exists", field="b"), rule("gt", 0)), {"a": 100})

    assert verdict.evidence == {
        "rules": 3,
        "failed": [
            {
                "field": "a",
                "condition": "lte",
                "value": 25,
                "found": 100,
                "reason": "a is 100. The rule allows 25 or less.",
            },
            {"field": "b", "condition": "exists", "reason": "b is missing."},
        ],
    }


@pytest.mark.parametrize("operator", ["AND", "OR"])
def test_no_rules_allow_everything(operator):
    verdict = judge("CRITERIA_GATE", gate(operator=operator))

    assert verdict.allowed
    assert verdict.reason == "There are no rules."


def test_or_needs_one_rule():
    either = gate(rule("equals", 1), rule("equals", 2, field="b"), operator="OR")

    assert judge("CRITERIA_GATE", either, {"b": 2}).reason == "A rule about b holds."
    assert judge("CRITERIA_GATE", either, {"a": 3}).reason == "a is 3. The rule allows only 1. b is missing."


def test_dotted_fields_lead_into_objects_and_lists():
    attributes = {"deploy": {"targets": [{"percent": 5}]}}

    assert judge("CRITERIA_GATE", gate(rule("equals", 5, "deploy.targets.0.percent")), attributes).allowed
    assert not judge("CRITERIA_GATE", gate(rule("equals", 5, "deploy.targets.1.percent")), attributes).allowed
    assert not judge("CRITERIA_GATE", gate(rule("equals", 5, "deploy.targets.-1.percent")), attributes).allowed
    assert not judge("CRITERIA_GATE", gate(rule("equals", 5, "deploy.targets.first.percent")), attributes).allowed


@pytest.mark.parametrize("way", [5, "text", True, [{"force": True}]])
def test_not_exists_refuses_when_something_stands_in_the_way(way):
    verdict = judge("CRITERIA_GATE", gate(rule("not_exists", field="deploy.force")), {"deploy": way})

    assert verdict.reason == "deploy.force cannot be read: something on the way to it has no members."


@pytest.mark.parametrize("way", [ABSENT, None, {}])
def test_nothing_below_nothing_exists(way):
    attributes = {} if way is ABSENT else {"deploy": way}

    assert judge("CRITERIA_GATE", gate(rule("not_exists", field="deploy.force.now")), attributes).allowed


def test_a_field_may_be_a_fact_of_the_unit():
    assert judge("CRITERIA_GATE", gate(rule("equals", "high", "unit.priority")), priority="high").allowed
    assert judge("CRITERIA_GATE", gate(rule("equals", 5, "unit.attributes.a")), {"a": 5}).allowed
    assert judge("CRITERIA_GATE", gate(rule("lt", "2026-11-21T08:00:00Z", "unit.created_at"))).allowed
    assert judge("CRITERIA_GATE", gate(rule("equals", "x", "unit.proposed.command")), proposed={"command": "x"}).allowed


def test_an_attribute_cannot_pose_as_a_fact_of_the_unit():
    forged = {"unit": {"priority": "low", "submitter": "root"}}

    assert not judge("CRITERIA_GATE", gate(rule("equals", "low", "unit.priority")), forged, priority="critical").allowed


@pytest.mark.parametrize(
    "config, field",
    [
        ({"rules": [{"condition": "exists"}]}, "config.rules[0].field"),
        ({"rules": [rule("exists", field="")]}, "config.rules[0].field"),
        ({"rules": [rule("exists", field="a..b")]}, "config.rules[0].field"),
        ({"rules": [rule("exists", field="a" * 300)]}, "config.rules[0].field"),
        ({"rules": [rule("exists", field="unit.titel")]}, "config.rules[0].field"),
        ({"rules": [rule("exists"), rule("matches", "x")]}, "config.rules[1].condition"),
        ({"rules": [rule("exists", 5)]}, "config.rules[0].value"),
        ({"rules": [rule("equals")]}, "config.rules[0].value"),
        ({"rules": [rule("in", "EU")]}, "config.rules[0].value"),
        ({"rules": [rule("in", [])]}, "config.rules[0].value"),
        ({"rules": [rule("gt", "high")]}, "config.rules[0].value"),
        ({"rules": [rule("gt", value=True)]}, "config.rules[0].value"),
        ({"rules": [rule("gt", "2026-11-21")]}, "config.rules[0].value"),
        ({"rules": [rule("contains", "")]}, "config.rules[0].value"),
        ({"rules": [rule("exists") | {"extra": 1}]}, "config.rules[0].extra"),
        ({"rules": [rule("exists")] * 101}, "config.rules"),
        ({"rules": {}}, "config.rules"),
        ({"operator": "XOR"}, "config.operator"),
        ({"operator": "and"}, "config.operator"),
        ({"ruls": []}, "config.ruls"),
        ([], "config"),
    ],
)
def test_a_setting_that_is_wrong_is_named(config, field):
    with pytest.raises(BadInput) as refused:
        registry.compile("CRITERIA_GATE", config)

    assert refused.value.errors[0]["field"] == field


def test_it_describes_itself():
    config = gate(rule("lte", 25, "canary_percent"), rule("in", ["EU", "US"], "region"), rule("exists", field="ticket"))

    assert registry.compile("CRITERIA_GATE", config).describe() == (
        'A unit may pass when canary_percent is 25 or less and region is one of "EU", "US" and ticket is there.'
    )
    assert registry.compile("CRITERIA_GATE", {}).describe() == "There are no rules: every unit may pass."


RULES = st.sampled_from(
    [
        rule(name, value)
        for name in CONDITIONS
        if name.startswith("not") or name in ("equals", "contains")
        for value in ("x", 1)
    ]
    + [rule(name, value) for name in ("gt", "gte", "lt", "lte") for value in (1, "2026-11-21T08:00:00Z")]
    + [
        rule("in", [1, "x", None, [True]]),
        rule("exists"),
        rule("exists", field="a.b.1"),
        rule("equals", 1, "unit.proposed.a"),
    ]
).filter(lambda each: each["condition"] != "not_exists" or "value" not in each)


@settings(deadline=None)
@given(st.lists(RULES, max_size=4), st.sampled_from(["AND", "OR"]), HOSTILE_ATTRIBUTES, HOSTILE)
def test_no_attributes_whatsoever_make_it_raise(rules, operator, attributes, proposed):
    guardian = registry.compile("CRITERIA_GATE", gate(*rules, operator=operator))

    assert type(guardian.weigh(a_unit(attributes, proposed=proposed), NOW)) is Verdict


@settings(deadline=None)
@given(HOSTILE, st.sampled_from(["x", 1, 0.5, True, [1], {"a": 1}]))
def test_nothing_is_both_equal_and_unequal(found, value):
    assert not (holds(found, "equals", value) and holds(found, "not_equals", value))


@settings(deadline=None)
@given(HOSTILE, st.sampled_from(["x", 1, True]))
def test_nothing_both_contains_and_lacks(found, value):
    assert not (holds(found, "contains", value) and holds(found, "not_contains", value))
