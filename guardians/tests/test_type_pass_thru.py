import pytest

from guardians import registry
from guardians.tests.units import judge
from kit.errors import BadInput


@pytest.mark.parametrize("facts", [{}, {"id": ""}, {"external_id": ""}, {"id": None}])
def test_a_unit_with_an_identity_passes(facts):
    assert judge("PASS_THRU", {}, **facts).allowed


@pytest.mark.parametrize("nothing", ["", "  ", None])
def test_a_unit_without_any_identity_is_refused(nothing):
    verdict = judge("PASS_THRU", {}, id=nothing, external_id=nothing)

    assert not verdict.allowed
    assert verdict.reason == "The unit has no identity."


def test_there_is_nothing_to_set():
    with pytest.raises(BadInput, match=r"config\.anything: there is no such setting"):
        judge("PASS_THRU", {"anything": 1})


def test_it_describes_itself():
    assert registry.compile("PASS_THRU", {}).describe() == "Every unit with an identity may pass."
