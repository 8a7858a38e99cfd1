from datetime import timedelta

import pytest

from guardians import registry
from guardians.tests.units import NOW, judge
from kit.errors import BadInput


def split(total, finished=None, failed=0, **facts):
    counts = {"children_total": total, "children_finished": total if finished is None else finished}
    return counts | {"children_failed": failed} | facts


def test_three_content_heads_let_a_unit_pass():
    verdict = judge("CERBERUS", {}, **split(3))

    assert verdict.allowed
    assert verdict.reason == "All three heads are content."
    assert [head["allowed"] for head in verdict.evidence.values()] == [True, True, True]


@pytest.mark.parametrize("total, allowed", [(0, False), (1, True), (100, True), (101, False)])
def test_the_children_are_counted_within_their_bounds(total, allowed):
    assert judge("CERBERUS", {}, **split(total)).allowed is allowed


def test_too_many_children_are_told_with_the_bounds():
    verdict = judge("CERBERUS", {"min_children": 2, "max_children": 4}, **split(5))

    assert verdict.reason == "The unit has 5 children. The rule allows 2 to 4."
    assert verdict.evidence["children"] == {
        "allowed": False,
        "reason": verdict.reason,
        "total": 5,
        "min_children": 2,
        "max_children": 4,
    }


def test_more_finished_children_than_there_are_is_refused():
    assert judge("CERBERUS", {}, **split(3, 4)).reason == "4 children finished, more than the 3 there are."


def test_a_child_that_is_still_running_is_not_accounted_for():
    verdict = judge("CERBERUS", {}, **split(3, 1, 1))

    assert verdict.reason == "1 of 3 children finished and 1 failed: not all are accounted for."


def test_failed_children_are_accounted_for():
    assert judge("CERBERUS", {}, **split(3, 1, 2)).allowed


def test_too_many_ended_children_are_refused():
    assert not judge("CERBERUS", {}, **split(3, 3, 1)).allowed


@pytest.mark.parametrize("nonsense", [-1, None, True, "3", 2.5, 2**53])
@pytest.mark.parametrize("count", ["children_total", "children_finished", "children_failed"])
def test_a_count_that_is_none_is_refused(count, nonsense):
    assert not judge("CERBERUS", {}, **split(1) | {count: nonsense}).allowed


def test_an_old_unit_is_refused():
    verdict = judge("CERBERUS", {"timeout_seconds": 60}, **split(1), created_at=NOW - timedelta(seconds=61))

    assert verdict.reason == "The unit is 1 min 1 s old. The rule allows 1 min."
    assert verdict.evidence["age"]["allowed"] is False


@pytest.mark.parametrize("made", [None, NOW + timedelta(minutes=1)])
def test_a_unit_of_no_known_age_is_refused(made):
    assert not judge("CERBERUS", {}, **split(1), created_at=made).allowed


def test_every_barking_head_is_heard():
    verdict = judge("CERBERUS", {}, **split(0, 1), created_at=None)

    assert [name for name, head in verdict.evidence.items() if not head["allowed"]] == ["children", "account", "age"]
    assert verdict.reason == (
        "The unit has 0 children. The rule allows 1 to 100. 1 children finished, more than the 0 there are. "
        "The unit has no timestamp, so its age is unknown."
    )


@pytest.mark.parametrize(
    "config, field",
    [
        ({"min_children": -1}, "config.min_children"),
        ({"max_children": 10**9}, "config.max_children"),
        ({"min_children": 5, "max_children": 4}, "config.max_children"),
        ({"timeout_seconds": 0}, "config.timeout_seconds"),
        ({"timeout": 60}, "config.timeout"),
    ],
)
def test_a_setting_that_is_wrong_is_named(config, field):
    with pytest.raises(BadInput) as refused:
        registry.compile("CERBERUS", config)

    assert refused.value.errors[0]["field"] == field


def test_it_describes_itself():
    assert registry.compile("CERBERUS", {}).describe() == (
        "A unit needs 1 to 100 children, all of them ended, and is at most 1 h old."
    )
