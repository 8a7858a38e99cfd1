import logging
from contextlib import suppress
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardians import registry
from guardians.registry import Member, Together, judge_all
from guardians.tests.units import HOSTILE, HOSTILE_ATTRIBUTES, NOW, a_unit
from guardians.types import base
from guardians.types.base import GuardianType, passed
from guardians.types.fields import Absent, Field
from guardians.types.words import kept, one_line, shown, span
from guardians.verdicts import FACTS, UnitSnapshot
from kit.canonical import canonical
from kit.errors import BadInput


def expression(text, name="rule", **member):
    return Member(name, 1, registry.compile("EXPRESSION", {"expression": text}), **member)


def filtered(name, *ways, **member):
    guardian = registry.compile("DIRECTIONAL_FILTER", {"attribute": "to", "routes": {"x": list(ways)}})
    return Member(name, 1, guardian, **member)


def judged(*members, operator="AND", **attributes):
    return judge_all(members, a_unit(attributes), operator, NOW)


def names(judgement):
    return [said.name for said in judgement.verdicts]


YES, NO = expression("true", "yes"), expression("false", "no")
YES_AGAIN, NO_AGAIN = expression("true", "yes again"), expression("false", "no again")


@pytest.fixture
def an_extra_type(monkeypatch):
    monkeypatch.setattr(base, "_types", dict(base._types))

    def add(weigh):
        told = {"name": "EXTRA", "weigh": weigh, "describe": lambda self: "It is allowed on Tuesdays."}
        registry.register(type("Extra", (GuardianType,), told))
        return Member("extra", 1, registry.compile("EXTRA", {}))

    return add


@pytest.mark.parametrize("operator", ["AND", "OR"])
def test_without_guardians_everything_is_allowed(operator):
    judgement = judged(operator=operator)

    assert judgement.allowed
    assert judgement.reason == "No guardian stands in the way."
    assert judgement.decided_by is None


def test_and_stops_at_the_first_refusal():
    judgement = judged(YES, NO, NO_AGAIN, YES)

    assert not judgement.allowed
    assert names(judgement) == ["yes", "no"]
    assert judgement.decided_by is NO
    assert judgement.reason == "The unit does not satisfy: false"


def test_and_allows_when_all_allow():
    judgement = judged(YES, YES_AGAIN)

    assert judgement.allowed
    assert names(judgement) == ["yes", "yes again"]
    assert judgement.decided_by is None
    assert judgement.reason == "Every guardian allows it."


def test_or_stops_at_the_first_pass():
    judgement = judged(NO, YES, YES_AGAIN, operator="OR")

    assert judgement.allowed
    assert names(judgement) == ["no", "yes"]
    assert judgement.decided_by is YES


def test_or_refuses_when_all_refuse_and_names_the_first():
    judgement = judged(NO, NO_AGAIN, operator="OR")

    assert not judgement.allowed
    assert names(judgement) == ["no", "no again"]
    assert judgement.decided_by is NO


@pytest.mark.parametrize("operator", ["AND", "OR"])
def test_a_shadow_is_recorded_and_changes_nothing(operator):
    shadow_no, shadow_yes = (msgspec.structs.replace(each, shadow=True) for each in (NO, YES))

    assert judged(shadow_no, YES, operator=operator).allowed
    assert not judged(shadow_yes, NO, operator=operator).allowed
    assert judged(shadow_no, operator=operator).allowed
    assert [said.shadow for said in judged(shadow_no, YES, operator=operator).verdicts] == [True, False]


def test_a_shadow_is_asked_even_after_the_outcome_is_settled():
    shadow = msgspec.structs.replace(YES, shadow=True)

    assert names(judged(NO, NO_AGAIN, shadow)) == ["no", "yes"]


def test_directions_are_collected_from_those_who_passed():
    first, second = filtered("first", "a", "b"), filtered("second", "b", "c")

    assert judged(first, YES, second, to="x").directions == ("a", "b", "c")
    assert judged(first, filtered("shadow", "z", shadow=True), to="x").directions == ("a", "b")
    assert judged(first, NO, to="x").directions == ()
    assert judged(NO, second, first, operator="OR", to="x").directions == ("b", "c")


def test_every_verdict_keeps_who_said_what_and_how_long_it_took():
    said = judged(expression("unit.attributes.a > 1", "rule", on_block="ask"), a=1).verdicts[0]

    assert (said.name, said.version, said.type, said.shadow, said.allowed) == ("rule", 1, "EXPRESSION", False, False)
    assert said.evidence == {"expression": "unit.attributes.a > 1"}
    assert said.microseconds > 0
    assert canonical(msgspec.to_builtins(said))


def test_on_block_is_carried_along():
    assert judged(expression("false", on_block="reject")).decided_by.on_block == "reject"


@pytest.mark.parametrize("operator", ["and", "XOR", "", None])
def test_there_are_two_operators(operator):
    with pytest.raises(BadInput, match="must be AND or OR"):
        judged(YES, operator=operator)


def test_the_same_unit_is_always_judged_the_same():
    members = [expression("unit.attributes.a > 1"), filtered("way", "b")]
    unit = a_unit({"a": 2, "to": "x"})

    def said():
        judgement = judge_all(members, unit, "AND", NOW)
        return [msgspec.structs.replace(each, microseconds=0) for each in judgement.verdicts], judgement.directions

    assert said() == said()


def test_the_built_in_types_are_registered():
    assert set(registry.types()) == {
        "CERBERUS",
        "PASS_THRU",
        "CRITERIA_GATE",
        "DIRECTIONAL_FILTER",
        "TTL_CHECK",
        "COMPOSITE",
        "EXPRESSION",
        "SCHEMA",
    }


@pytest.mark.parametrize("name", ["NO_SUCH_TYPE", "", "ttl_check", None, 5, ["TTL_CHECK"], {}])
def test_an_unknown_type_is_refused(name):
    with pytest.raises(BadInput, match="there is no such guardian type; there are CERBERUS, ") as refused:
        registry.compile(name, {})

    assert refused.value.errors[0]["field"] == "type"


@pytest.mark.parametrize("name", sorted(registry.types()))
@pytest.mark.parametrize("config", [None, [], "text", 5, True, {"no_such_setting": 1}])
def test_every_type_refuses_settings_it_does_not_know(name, config):
    with pytest.raises(BadInput) as refused:
        registry.compile(name, config)

    assert refused.value.errors[0]["field"].startswith("config")


def test_settings_nested_beyond_reason_are_refused():
    config = {"rules": []}
    for _level in range(40):
        config = {"rules": config}

    with pytest.raises(BadInput, match="nested deeper than 32 levels"):
        registry.compile("CRITERIA_GATE", config)


@settings(deadline=None)
@given(st.sampled_from(sorted(registry.types())), HOSTILE | st.dictionaries(st.text(max_size=5), HOSTILE))
def test_no_settings_whatsoever_raise_anything_but_bad_input(name, config):
    with suppress(BadInput):
        assert isinstance(registry.compile(name, config), GuardianType)


def test_a_plugin_adds_a_type(an_extra_type):
    member = an_extra_type(lambda self, unit, now: passed("It is Tuesday.", day="Tuesday"))

    assert judged(member).verdicts[0].evidence == {"day": "Tuesday"}
    assert "EXTRA" in registry.types()


def test_a_type_needs_a_name_of_its_own(an_extra_type):
    an_extra_type(lambda self, unit, now: passed(""))

    class Extra(GuardianType):
        name = "EXTRA"

    class Nameless(GuardianType):
        pass

    class Odd(GuardianType):
        name = "my type"

    with pytest.raises(ValueError, match="There already is a guardian type EXTRA"):
        registry.register(Extra)
    for cls in (Nameless, Odd):
        with pytest.raises(ValueError, match="named in capitals"):
            registry.register(cls)
    assert registry.register(registry.types()["EXTRA"]) is registry.types()["EXTRA"]


def test_a_type_leaves_nothing_out():
    class Half(GuardianType):
        name = "HALF"

        def weigh(self, unit, now):
            return passed("")

    with pytest.raises(ValueError, match="The guardian type HALF leaves out describe"):
        registry.register(Half)
    assert "HALF" not in registry.types()


@pytest.mark.parametrize("error", [ValueError("secret-token"), RecursionError(), MemoryError(), KeyError("x")])
def test_a_rule_that_fails_does_not_allow(an_extra_type, caplog, error):
    def weigh(self, unit, now):
        raise error

    with caplog.at_level(logging.ERROR, "guardians"):
        judgement = judged(an_extra_type(weigh))

    assert not judgement.allowed
    assert judgement.reason == f"The EXTRA guardian failed on this unit ({type(error).__name__})."
    assert "guardian EXTRA failed" in caplog.text
    assert "secret-token" not in caplog.text


@pytest.mark.parametrize("answer", [None, True, "yes", object(), (True, "")])
def test_what_is_no_verdict_does_not_allow(an_extra_type, answer):
    assert not judged(an_extra_type(lambda self, unit, now: answer)).allowed


@pytest.mark.parametrize("truthy", [1, "yes", None])
def test_allowed_is_a_boolean_and_nothing_else_is(an_extra_type, truthy):
    verdict = msgspec.structs.replace(passed("Fine."), allowed=truthy)

    assert not judged(an_extra_type(lambda self, unit, now: verdict)).allowed


def test_a_type_that_fails_to_read_settings_is_told_as_bad_input(monkeypatch, caplog):
    def fail(self, config, place):
        raise ZeroDivisionError

    monkeypatch.setattr(registry.types()["PASS_THRU"], "__init__", fail)

    with pytest.raises(BadInput, match="PASS_THRU cannot read this"):
        registry.compile("PASS_THRU", {})


@pytest.mark.parametrize("name, config", [("GONE_PLUGIN", {}), ("TTL_CHECK", {"max_age_seconds": "old"})])
def test_a_stored_guardian_that_no_longer_compiles_allows_nothing(name, config):
    guardian = registry.load(name, config)
    verdict = guardian.judge(a_unit(), NOW)

    assert not verdict.allowed
    assert verdict.reason.startswith(f"The {name} guardian cannot judge: ")
    assert guardian.name == name
    assert guardian.describe()
    assert registry.load("TTL_CHECK", {}).judge(a_unit(), NOW).allowed


EVERY_KIND = [
    Member("cerberus", 1, registry.compile("CERBERUS", {})),
    Member("named", 1, registry.compile("PASS_THRU", {})),
    Member(
        "criteria", 1, registry.compile("CRITERIA_GATE", {"rules": [{"field": "a", "condition": "gt", "value": 1}]})
    ),
    filtered("filter", "x"),
    Member("fresh", 1, registry.compile("TTL_CHECK", {})),
    expression("unit.attributes.a > 1"),
    Member("schema", 1, registry.compile("SCHEMA", {"schema": {"properties": {"a": {"minimum": 1}}}})),
]
FACTS_OF_ANY_KIND = st.fixed_dictionaries(
    {},
    optional={
        name: HOSTILE | st.sampled_from([NOW, NOW + timedelta(days=1)]) for name in sorted(FACTS - {"attributes"})
    },
)


@settings(deadline=None)
@given(st.permutations(EVERY_KIND), st.sampled_from(["AND", "OR"]), HOSTILE_ATTRIBUTES, FACTS_OF_ANY_KIND)
def test_no_unit_whatsoever_makes_a_gate_raise_and_every_verdict_can_be_stored(members, operator, attributes, facts):
    judgement = judge_all(members, a_unit(attributes, **facts), operator, NOW)

    assert type(judgement.allowed) is bool
    assert canonical([msgspec.to_builtins(said) for said in judgement.verdicts])


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=6), st.sampled_from(["AND", "OR"]))
def test_a_gate_combines_those_who_count(kinds, operator):
    members = [expression(str(allows).lower(), shadow=shadow) for allows, shadow in kinds]
    counted = [allows for allows, shadow in kinds if not shadow]
    combined = (all if operator == "AND" else any)(counted)

    assert judge_all(members, a_unit(), operator, NOW).allowed is (combined if counted else True)


EXPRESSIONS = [
    expression("unit.attributes.a > 1", "more"),
    expression("unit.attributes.a < 9 // not too many", "less"),
    expression("unit.attributes.a > 1 || unit.title == 'x'", "or", shadow=True),
    expression("has(unit.attributes.b)", "there"),
    expression("unit.attributes.b", "odd"),
]
A_OR_B = st.fixed_dictionaries({}, optional={"a": st.integers(0, 10) | HOSTILE, "b": st.booleans() | HOSTILE})


@settings(deadline=None)
@given(
    st.permutations([*EXPRESSIONS, NO, YES, EVERY_KIND[3]]), st.integers(0, 8), st.sampled_from(["AND", "OR"]), A_OR_B
)
def test_asked_together_the_expressions_say_what_each_says_alone(members, many, operator, attributes):
    members, unit = members[:many], a_unit(attributes)
    together = Together([member.guardian for member in members])

    def said(*how):
        judgement = judge_all(members, unit, operator, NOW, *how)
        verdicts = [msgspec.structs.replace(each, microseconds=0) for each in judgement.verdicts]
        return msgspec.structs.replace(judgement, verdicts=verdicts)

    assert said(together) == said()


def test_all_of_them_are_asked_at_once_and_each_is_told_its_share():
    members = EXPRESSIONS[:3]
    together = Together([member.guardian for member in members])

    shares = together.passed(a_unit({"a": 5}), NOW)
    assert set(shares) == {member.guardian for member in members}
    assert all(share > 0 for share in shares.values())
    assert together.passed(a_unit({"a": 0}), NOW) == {}


def test_expressions_too_long_to_be_asked_together_are_asked_one_by_one():
    long = [expression(f"unit.title != '{letter * 3_000}'", letter) for letter in "xy"]

    assert Together([member.guardian for member in long]).passed(a_unit(), NOW) == {}
    assert judge_all(long, a_unit(), "AND", NOW, Together([member.guardian for member in long])).allowed


def test_every_fact_can_be_read_by_a_field_and_by_an_expression():
    unit = UnitSnapshot(id="u", attributes={"a": 1}, created_at=NOW, children_total=3, title="Deploy")

    assert set(unit.facts()) == set(UnitSnapshot.__struct_fields__) == FACTS
    for fact, value in unit.facts().items():
        assert Field(f"unit.{fact}", "field", base.Place()).read(unit) == value
    assert unit.facts()["created_at"] == "2026-11-21T08:00:00+00:00"


def test_an_absent_field_says_which_one():
    missing = Field("deploy.percent", "field", base.Place()).read(a_unit({"deploy": {}}))

    assert isinstance(missing, Absent)
    assert missing.why == "deploy.percent is missing."


@pytest.mark.parametrize(
    "value, text",
    [
        ("EU", '"EU"'),
        ('a"\n\x00b', '"a\\"\\n\\u0000b"'),
        ("\ud800", '" "'),
        ("x" * 200, f'"{"x" * 120}…"'),
        (1.5, "1.5"),
        (True, "true"),
        (None, "null"),
        (10**400, "a very large number"),
        ([1, 2], "a list of 2"),
        ({"a": 1}, "an object of 1"),
        (NOW, "a datetime"),
    ],
)
def test_a_value_is_shown_on_one_line(value, text):
    assert shown(value) == text
    assert canonical(kept(value)) is not None


def test_a_reason_is_one_printable_line():
    assert one_line("a\x00b\ud800c\nd") == "a b c d"
    assert one_line("x" * 600) == "x" * 499 + "…"


@pytest.mark.parametrize("seconds, text", [(0, "0 s"), (59.6, "1 min"), (3_600, "1 h"), (90_061, "1 d 1 h 1 min 1 s")])
def test_a_length_of_time_reads_in_its_units(seconds, text):
    assert span(seconds) == text
