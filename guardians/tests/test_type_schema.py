import time

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardians import registry
from guardians.tests.units import HOSTILE_ATTRIBUTES, JSON, NOW, a_unit, judge
from guardians.verdicts import Verdict
from kit.errors import BadInput

LOAN = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["amount", "region"],
    "properties": {
        "amount": {"type": "integer", "minimum": 1, "maximum": 20_000},
        "region": {"enum": ["EU", "US"]},
        "applicant": {"type": "object", "properties": {"email": {"type": "string", "format": "email"}}},
    },
}


def check(schema, attributes):
    return judge("SCHEMA", {"schema": schema}, attributes)


def test_attributes_of_the_right_shape_pass():
    verdict = check(LOAN, {"amount": 500, "region": "EU", "applicant": {"email": "ada@example.com"}})

    assert verdict.allowed
    assert verdict.reason == "The attributes have the required shape."


def test_every_path_that_does_not_fit_is_listed():
    verdict = check(LOAN, {"amount": 50_000, "applicant": {"email": "nobody"}})

    assert not verdict.allowed
    assert verdict.evidence == {
        "failures": [
            {"path": "", "problem": "'region' is a required property"},
            {"path": "amount", "problem": "50000 is greater than the maximum of 20000"},
            {"path": "applicant.email", "problem": "'nobody' is not a 'email'"},
        ],
        "more": False,
    }
    assert verdict.reason == (
        "attributes: 'region' is a required property. amount: 50000 is greater than the maximum of 20000. "
        "applicant.email: 'nobody' is not a 'email'."
    )


def test_paths_lead_into_lists():
    verdict = check({"properties": {"files": {"items": {"type": "string"}}}}, {"files": ["a", 5]})

    assert verdict.evidence["failures"] == [{"path": "files.1", "problem": "5 is not of type 'string'"}]


def test_the_list_of_failures_is_bounded():
    verdict = check({"additionalProperties": {"type": "string"}}, {f"a{number}": number for number in range(500)})

    assert len(verdict.evidence["failures"]) == 20
    assert verdict.evidence["more"] is True


def test_problems_are_cut_to_one_printable_line():
    verdict = check({"properties": {"a": {"const": 1}, "b": {"type": "integer"}}}, {"b": ["x" * 10_000]})

    assert len(verdict.evidence["failures"][0]["problem"]) <= 200
    assert verdict.reason.isprintable()


@pytest.mark.parametrize("schema", [{"type": "integer"}, {"type": "number"}])
def test_true_is_no_number(schema):
    assert not check({"properties": {"a": schema}}, {"a": True}).allowed


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), NOW, b"x", object(), 2**60])
def test_what_is_no_json_is_refused(odd):
    assert check({"properties": {"a": {"maximum": 25}}}, {"a": odd}).reason.startswith("The unit cannot be read: ")


@pytest.mark.parametrize(
    "schema, path, why",
    [
        ({"type": "objct"}, "schema.type", "not valid under any"),
        ({"properties": {"a": {"minimum": "5"}}}, "schema.properties.a.minimum", "is not of type 'number'"),
        ({"required": "a"}, "schema.required", "is not of type 'array'"),
        ({"$ref": "https://example.com/schema"}, "schema.$ref", "must point into this schema"),
        ({"$ref": "other.json"}, "schema.$ref", "must point into this schema"),
        ({"properties": {"a": {"$ref": "file:///etc/passwd"}}}, "schema.properties.a.$ref", "nothing is fetched"),
        ({"allOf": [{"$dynamicRef": "https://example.com/#x"}]}, "schema.allOf.0.$dynamicRef", "nothing is fetched"),
        ({"$ref": "#/$defs/nowhere"}, "schema.$ref", "#/$defs/nowhere leads nowhere"),
        ({"$schema": "http://json-schema.org/draft-07/schema#"}, "schema.$schema", "must be https://json-schema.org"),
        (
            {"properties": {"a": {"$schema": "http://json-schema.org/draft-07/schema#"}}},
            "schema.properties.a.$schema",
            "one document",
        ),
        ({"$id": "https://example.com/a"}, "schema.$id", "one document without a name"),
        ({"properties": {"a": {"pattern": "(?=x)y"}}}, "schema.properties.a.pattern", "invalid perl operator"),
        ({"properties": {"a": {"pattern": "(a)\\1"}}}, "schema.properties.a.pattern", "invalid escape sequence"),
        ({"patternProperties": {"(": {}}}, "schema.patternProperties", "missing )"),
        (
            {"properties": {"a": {"format": "hostname"}}},
            "schema.properties.a.format",
            "is not checked here; checked are date,",
        ),
        ({"description": "x" * 70_000}, "schema", "is larger than 64 KiB"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_with_the_path(schema, path, why):
    with pytest.raises(BadInput) as refused:
        registry.compile("SCHEMA", {"schema": schema})

    assert refused.value.errors[0]["field"] == f"config.{path}"
    assert why in refused.value.errors[0]["message"]


@pytest.mark.parametrize(
    "config", [{}, {"schema": True}, {"schema": []}, {"type": "object"}, {"schema": {}, "draft": 7}]
)
def test_the_schema_is_the_only_setting(config):
    with pytest.raises(BadInput):
        registry.compile("SCHEMA", config)


def test_properties_may_be_called_like_keywords():
    schema = {"properties": {"pattern": {"type": "string"}, "format": {"type": "string"}, "$ref": {"type": "string"}}}

    assert check(schema, {"pattern": "(", "format": "x", "$ref": "y"}).allowed


def test_references_within_the_schema_work():
    schema = {"$defs": {"tree": {"properties": {"child": {"$ref": "#/$defs/tree"}, "size": {"type": "integer"}}}}}
    schema |= {"$schema": LOAN["$schema"], "properties": {"root": {"$ref": "#/$defs/tree"}}}

    assert check(schema, {"root": {"child": {"child": {"size": 3}}}}).allowed
    assert check(schema, {"root": {"child": {"child": {"size": "3"}}}}).reason.startswith("root.child.child.size: ")


@pytest.mark.parametrize(
    "format_name, good, bad",
    [
        ("date", "2026-11-21", "21.11.2026"),
        ("date-time", "2026-11-21T08:00:00Z", "2026-11-21T08:00:00"),
        ("date-time", "2026-11-21t08:00:00.5+01:00", "2026-11-21"),
        ("email", "ada@example.com", "ada"),
        ("ipv4", "127.0.0.1", "localhost"),
        ("ipv6", "::1", "127.0.0.1"),
        ("uuid", "0199a0de-7c1f-7000-8000-000000000000", "0199"),
    ],
)
def test_formats_are_asserted(format_name, good, bad):
    schema = {"properties": {"a": {"format": format_name}}}

    assert check(schema, {"a": good}).allowed
    assert check(schema, {"a": 5}).allowed
    assert not check(schema, {"a": bad}).allowed


def test_patterns_name_properties_too():
    schema = {"patternProperties": {"^x-": {"type": "integer"}}, "properties": {"a": {}}, "additionalProperties": False}

    assert check(schema, {"x-1": 5, "a": "b"}).allowed
    assert check(schema, {"x-1": "5"}).reason == "x-1: '5' is not of type 'integer'."
    assert not check(schema, {"y-1": 5}).allowed


def test_unevaluated_properties_are_seen():
    schema = {"allOf": [{"properties": {"a": {}}}], "unevaluatedProperties": False}

    assert check(schema, {"a": 1}).allowed
    assert not check(schema, {"a": 1, "b": 2}).allowed


@pytest.mark.parametrize(
    "items, allowed", [([1, True], True), ([1, 1.0], False), ([{"a": 1}, {"a": 1}], False), ([[], {}], True)]
)
def test_elements_are_unique_as_json_values(items, allowed):
    assert check({"properties": {"a": {"uniqueItems": True}}}, {"a": items}).allowed is allowed


def laughing(depth):
    """A schema of a few lines, each of which refers twice to the next."""
    definitions = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"}] * 2} for level in range(depth)}
    return {"$defs": definitions | {f"d{depth}": {}}, "$ref": "#/$defs/d0"}


@pytest.mark.parametrize(
    "schema, attributes",
    [
        (laughing(40), {}),
        (laughing(40) | {"unevaluatedProperties": False}, {"a": 1}),
        ({"properties": {"a": {"items": {"anyOf": [*[{"type": "string"}] * 60, {}]}}}}, {"a": list(range(20_000))}),
        ({"anyOf": [{"type": "integer"}] * 1_000}, {"a": "x" * 200_000}),
        ({"additionalProperties": {"pattern": "^([a-z]{1,30}){1,30}$"}}, {f"k{n}": "a" * 500 for n in range(400)}),
    ],
)
def test_a_schema_that_takes_too_long_refuses(schema, attributes):
    guardian = registry.compile("SCHEMA", {"schema": schema})

    started = time.perf_counter()
    verdict = guardian.judge(a_unit(attributes), NOW)

    assert verdict.reason == "The attributes are too large for this schema: checking them would take too long."
    assert time.perf_counter() - started < 3


def test_a_schema_that_refers_only_to_itself_refuses():
    assert not check({"$ref": "#"}, {}).allowed


def test_a_pattern_that_hangs_other_engines_does_not_hang():
    started = time.perf_counter()

    assert not check({"properties": {"a": {"pattern": "^(a+)+$"}}}, {"a": "a" * 40_000 + "b"}).allowed
    assert time.perf_counter() - started < 1


def test_a_large_unit_is_no_trouble():
    files = [{"path": f"src/module_{number}.py", "lines": number} for number in range(1_000)]
    schema = {
        "properties": {
            "files": {
                "uniqueItems": True,
                "items": {"required": ["path"], "properties": {"lines": {"type": "integer"}}},
            }
        }
    }

    assert check(schema, {"files": files}).allowed


def test_it_describes_itself():
    assert registry.compile("SCHEMA", {"schema": LOAN}).describe() == (
        "The attributes must have the shape of a schema; it requires amount, region."
    )
    assert registry.compile("SCHEMA", {"schema": {}}).describe() == "The attributes must have the shape of a schema."


SCHEMAS = st.recursive(
    st.sampled_from(
        [
            {},
            {"type": "integer"},
            {"type": ["string", "null"]},
            {"enum": [1, "a", None, [True]]},
            {"const": {"a": 1}},
            {"minimum": 1, "maximum": 5},
            {"pattern": "^a"},
            {"minLength": 1},
            {"uniqueItems": True},
            {"maxProperties": 1},
            {"required": ["a"]},
        ]
    ),
    lambda inner: (
        st.fixed_dictionaries({"properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=2)})
        | st.fixed_dictionaries(
            {"patternProperties": st.fixed_dictionaries({"^[ab]": inner}), "additionalProperties": inner}
        )
        | st.fixed_dictionaries({"items": inner})
        | st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2), "not": inner})
        | st.fixed_dictionaries(
            {"oneOf": st.lists(inner, min_size=1, max_size=2), "unevaluatedProperties": st.booleans()}
        )
    ),
    max_leaves=6,
)


@settings(deadline=None)
@given(SCHEMAS, st.dictionaries(st.sampled_from("abc"), JSON, max_size=3))
def test_it_agrees_with_the_library_it_is_built_on(schema, attributes):
    expected = jsonschema.Draft202012Validator(schema).is_valid(attributes)

    assert check(schema, attributes).allowed is expected


@settings(deadline=None)
@given(SCHEMAS, HOSTILE_ATTRIBUTES)
def test_no_attributes_whatsoever_make_it_raise(schema, attributes):
    assert type(registry.compile("SCHEMA", {"schema": schema}).weigh(a_unit(attributes), NOW)) is Verdict
