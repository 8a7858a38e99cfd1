"""One value, one text: held against an implementation that shares no line with ours."""

import hashlib
import math

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.canonical import MAX_DEPTH, MAX_INTEGER, canonical, canonical_and_hash, check_json, content_hash
from kit.errors import BadInput

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXT, inner, max_size=5),
    max_leaves=25,
)


@settings(deadline=None)
@given(JSON)
def test_any_json_has_the_text_that_rfc_8785_gives_it(value):
    assert canonical(value) == rfc8785.dumps(value)


@settings(deadline=None)
@given(st.dictionaries(TEXT, st.integers(-9, 9)))
def test_the_order_in_which_members_came_does_not_matter(value):
    assert canonical(dict(reversed(value.items()))) == canonical(value)


@pytest.mark.parametrize(
    "number, text",
    [  # RFC 8785, appendix B, and the places where ECMAScript changes its notation
        (0.0, "0"),
        (-0.0, "0"),
        (5e-324, "5e-324"),
        (-5e-324, "-5e-324"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        (9.999999999999997e22, "9.999999999999997e+22"),
        (1e23, "1e+23"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (333333333.33333329, "333333333.3333333"),
        (1.0, "1"),
    ],
)
def test_numbers_are_written_as_ecmascript_writes_them(number, text):
    assert canonical(number) == text.encode()


def test_one_is_one_whether_it_came_as_an_integer_or_not():
    assert content_hash({"amount": 1.0}) == content_hash({"amount": 1})


def test_keys_are_ordered_by_utf_16_and_not_by_code_point():
    assert canonical({"\ue000": 1, "\U0001f600": 2, "a": 3}) == '{"a":3,"\U0001f600":2,"\ue000":1}'.encode()


def test_keys_of_an_inner_object_are_ordered_so_too():
    assert canonical([{"x": {"\uffff": 1, "\U00010000": 2}}]) == '[{"x":{"\U00010000":2,"\uffff":1}}]'.encode()


def test_control_characters_are_escaped_the_short_way():
    assert canonical('\b\f\n\r\t\x01\x1f\x7f"\\/é') == b'"\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\"\\\\/\xc3\xa9"'


def test_the_hash_is_that_of_the_text():
    value = {"b": [1.5, None], "a": "ü"}

    assert content_hash(value) == hashlib.sha256(rfc8785.dumps(value)).hexdigest()
    assert canonical_and_hash(value, "attributes") == (rfc8785.dumps(value), content_hash(value))


@pytest.mark.parametrize(
    "value",
    [
        "a\x00b",
        {"a\x00": 1},
        {"é\x00": 1},
        ["\ud800"],
        {"\udfff": 1},
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        math.nan,
        math.inf,
        -math.inf,
        {1: "a"},
        {None: "a"},
        b"bytes",
        {"set": {1}},
        pytest.param(object(), id="an object"),
    ],
    ids=repr,
)
def test_what_cannot_be_stored_or_hashed_is_refused_by_the_name_of_its_field(value):
    with pytest.raises(BadInput) as refused:
        canonical_and_hash({"deep": [value]} if not isinstance(value, dict) else value, "attributes")

    assert [error["field"] for error in refused.value.errors] == ["attributes"]


@pytest.mark.parametrize("value", [[1.5, "a\x00"], {"a": 1.5, "b": ["\x00"]}, [[1.5], [2**60]]], ids=repr)
def test_what_stands_behind_a_float_is_looked_at_too(value):
    with pytest.raises(BadInput):
        canonical(value)


@pytest.mark.parametrize("wrap", [lambda inner: [inner], lambda inner: {"a": inner}], ids=["lists", "objects"])
def test_nesting_ends_at_its_limit(wrap):
    value = None
    for _level in range(MAX_DEPTH):
        value = wrap(value)

    assert canonical(value)
    with pytest.raises(BadInput, match="attributes: nested deeper than 32 levels"):
        check_json(wrap(value), "attributes")


def test_what_is_nested_beyond_all_measure_is_refused_and_not_a_crash():
    value = None
    for _level in range(100_000):
        value = [value]

    with pytest.raises(BadInput, match="nested deeper"):
        check_json(value, "attributes")


def test_the_largest_integers_pass():
    assert canonical([MAX_INTEGER, -MAX_INTEGER]) == b"[9007199254740991,-9007199254740991]"
