"""What comes over the wire: a unit, or a problem that says where it is none."""

import pytest

from intake.serializers import read_batch, read_note, read_unit
from kit.errors import BadInput, Malformed

WHOLE = '"gate":"loans","external_id":"1","title":"T","attributes":{}'


@pytest.mark.parametrize(
    "text, field",
    [
        ('{"external_id":"1","title":"T","attributes":{}}', "gate"),
        ("{" + WHOLE + ',"colour":"red"}', "colour"),
        ("{" + WHOLE.replace('"T"', "7") + "}", "title"),
        ("{" + WHOLE.replace('"T"', '""') + "}", "title"),
        ("{" + WHOLE.replace('"T"', '"' + "x" * 301 + '"') + "}", "title"),
        ("{" + WHOLE.replace("{}", "[]") + "}", "attributes"),
        ("{" + WHOLE.replace("{}", "null") + "}", "attributes"),
        ("{" + WHOLE.replace('"1"', '"' + "x" * 201 + '"') + "}", "external_id"),
        ("{" + WHOLE + ',"priority":"urgent"}', "priority"),
        ("{" + WHOLE + ',"parent":"7"}', "parent"),
        ("{" + WHOLE + ',"expires_in":0}', "expires_in"),
        ("{" + WHOLE + ',"expires_in":1.5}', "expires_in"),
        ("{" + WHOLE + ',"expires_in":99999999999}', "expires_in"),
        ("{" + WHOLE + ',"dialect":{}}', "dialect"),
        ("[]", "body"),
        ("null", "body"),
    ],
)
def test_what_is_no_unit_is_refused_by_the_name_of_its_field(text, field):
    with pytest.raises(BadInput) as refused:
        read_unit(text.encode())
    assert [error["field"] for error in refused.value.errors] == [field]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"gate=loans",
        b"\xff\xfe{}",
        b'{"gate":"\xff"}',
        b'{"title":"\\ud800"}',
        b"NaN",
        b'{"attributes":' * 50_000,
        ("{" + WHOLE + "} trailing").encode(),
    ],
    ids=lambda body: ascii(body)[:20],
)
def test_what_is_no_json_is_malformed(body):
    with pytest.raises(Malformed):
        read_unit(body)


def test_attributes_nested_without_end_are_refused_and_not_a_crash():
    body = ("{" + WHOLE.replace("{}", '{"a":' * 5_000 + "1" + "}" * 5_000) + "}").encode()

    with pytest.raises((BadInput, Malformed)):
        read_unit(body)


def test_a_number_too_large_for_a_double_is_refused_and_not_infinite():
    with pytest.raises((BadInput, Malformed)):
        read_unit(("{" + WHOLE.replace("{}", '{"n":1e400}') + "}").encode())


@pytest.mark.parametrize(
    "body", [b"{}", b"7", b"[]", b"[" + b",".join([b"{}"] * 1_001) + b"]"], ids=["object", "number", "none", "too many"]
)
def test_a_batch_is_a_list_of_one_to_a_thousand(body):
    with pytest.raises(BadInput):
        read_batch(body)


def test_an_item_of_a_batch_that_is_no_unit_is_a_problem_in_its_place():
    good = ("{" + WHOLE + "}").encode()
    items = read_batch(b"[" + good + b', 7, {"gate":1}, ' + good + b"]")

    assert [isinstance(item, BadInput) for item in items] == [False, True, True, False]


@pytest.mark.parametrize("body, note", [(b"", ""), (b"{}", ""), (b'{"note":"Done."}', "Done.")])
def test_a_note_may_be_left_out(body, note):
    assert read_note(body).note == note


@pytest.mark.parametrize("body", [b'{"note":7}', b'{"note":"' + b"x" * 2_001 + b'"}', b'{"nope":1}', b"[]"])
def test_what_is_no_note_is_refused(body):
    with pytest.raises(BadInput):
        read_note(body)
