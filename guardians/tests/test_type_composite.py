import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardians import registry
from guardians.tests.units import HOSTILE_ATTRIBUTES, NOW, a_unit, judge
from guardians.types.base import GuardianType
from kit.errors import BadInput

PASSES = {"type": "PASS_THRU", "name": "named"}
REFUSES = {"type": "CRITERIA_GATE", "config": {"rules": [{"field": "ticket", "condition": "exists"}]}}


def composite(*members, operator="AND"):
    return {"guardians": list(members), "operator": operator}


def nested(depth, innermost=PASSES):
    for _level in range(depth):
        innermost = {"type": "COMPOSITE", "config": composite(innermost)}
    return innermost["config"]


def test_and_needs_every_member():
    assert judge("COMPOSITE", composite(PASSES, PASSES)).reason == "Every member allows it."
    assert judge("COMPOSITE", composite(PASSES, REFUSES)).reason == "ticket is missing."


def test_or_needs_one_member():
    assert judge("COMPOSITE", composite(REFUSES, PASSES, operator="OR")).reason == "A member allows it."
    assert not judge("COMPOSITE", composite(REFUSES, REFUSES, operator="OR")).allowed


def test_the_evidence_keeps_every_members_verdict():
    verdict = judge("COMPOSITE", composite(REFUSES, PASSES))

    assert verdict.evidence["operator"] == "AND"
    assert [(each["type"], each["allowed"], each["reason"]) for each in verdict.evidence["members"]] == [
        ("CRITERIA_GATE", False, "ticket is missing."),
        ("PASS_THRU", True, "The unit has an identity."),
    ]
    assert verdict.evidence["members"][1]["name"] == "named"
    assert verdict.evidence["members"][0]["evidence"]["failed"][0]["field"] == "ticket"


def test_composites_nest():
    inner = {"type": "COMPOSITE", "config": composite(REFUSES, PASSES, operator="OR")}

    assert judge("COMPOSITE", composite(PASSES, inner)).allowed


def test_the_directions_of_passing_members_are_joined():
    def way(*names):
        return {"type": "DIRECTIONAL_FILTER", "config": {"attribute": "to", "routes": {"x": list(names)}}}

    verdict = judge("COMPOSITE", composite(way("a", "b"), way("b", "c")), {"to": "x"})
    assert verdict.directions == ("a", "b", "c")

    refused = judge("COMPOSITE", composite(way("a"), REFUSES), {"to": "x"})
    assert refused.directions == ()

    either = judge("COMPOSITE", composite(way("a"), REFUSES, operator="OR"), {"to": "x"})
    assert either.directions == ("a",)


def test_composites_nest_eight_deep_and_no_deeper():
    assert judge("COMPOSITE", nested(8)).allowed

    with pytest.raises(BadInput, match="composites nest at most 8 deep"):
        registry.compile("COMPOSITE", nested(9))


def test_a_composite_holds_a_hundred_guardians_in_all():
    sixteen = {"type": "COMPOSITE", "config": composite(*[PASSES] * 15)}
    assert judge("COMPOSITE", composite(*[sixteen] * 6)).allowed

    with pytest.raises(BadInput, match="at most 100 guardians in all"):
        registry.compile("COMPOSITE", composite(*[sixteen] * 7))


@pytest.mark.parametrize(
    "config, field",
    [
        ({}, "config.guardians"),
        (composite(), "config.guardians"),
        (composite(*[PASSES] * 21), "config.guardians"),
        (composite(PASSES, operator="NOT"), "config.operator"),
        (composite({"config": {}}), "config.guardians[0].type"),
        (composite(PASSES, {"type": "NO_SUCH"}), "config.guardians[1].type"),
        (composite(PASSES | {"mode": "shadow"}), "config.guardians[0].mode"),
        (
            composite(PASSES, {"type": "TTL_CHECK", "config": {"max_age_seconds": 0}}),
            "config.guardians[1].config.max_age_seconds",
        ),
        (
            composite(
                {"type": "COMPOSITE", "config": composite({"type": "EXPRESSION", "config": {"expression": "1"}})}
            ),
            "config.guardians[0].config.guardians[0].config.expression",
        ),
    ],
)
def test_a_setting_that_is_wrong_is_named_from_the_outside_in(config, field):
    with pytest.raises(BadInput) as refused:
        registry.compile("COMPOSITE", config)

    assert refused.value.errors[0]["field"] == field


def test_a_member_that_fails_refuses(monkeypatch):
    def fail(self, unit, now):
        raise ZeroDivisionError

    monkeypatch.setattr(registry.types()["PASS_THRU"], "weigh", fail)

    assert not judge("COMPOSITE", composite(PASSES)).allowed
    assert issubclass(registry.types()["PASS_THRU"], GuardianType)


def test_it_describes_itself():
    assert registry.compile("COMPOSITE", composite(PASSES, {"type": "TTL_CHECK"})).describe() == (
        "All of these must hold: Every unit with an identity may pass. A unit may be at most 1 d old."
    )
    assert registry.compile("COMPOSITE", composite(PASSES, operator="OR")).describe().startswith("One of these")


MEMBERS = st.sampled_from(
    [
        PASSES,
        REFUSES,
        {"type": "EXPRESSION", "config": {"expression": "unit.attributes.a > 1"}},
        {"type": "SCHEMA", "config": {"schema": {"properties": {"a": {"type": "integer"}}}}},
        {"type": "DIRECTIONAL_FILTER", "config": {"attribute": "a", "routes": {"1": ["x"]}, "default_route": "y"}},
        {"type": "CERBERUS"},
    ]
)


@settings(deadline=None)
@given(st.lists(MEMBERS, min_size=1, max_size=5), HOSTILE_ATTRIBUTES)
def test_and_equals_all_and_or_equals_any(members, attributes):
    unit = a_unit(attributes)
    said = [registry.compile(each["type"], each.get("config", {})).judge(unit, NOW).allowed for each in members]

    assert registry.compile("COMPOSITE", composite(*members)).judge(unit, NOW).allowed is all(said)
    assert registry.compile("COMPOSITE", composite(*members, operator="OR")).judge(unit, NOW).allowed is any(said)
