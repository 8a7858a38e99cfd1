from datetime import timedelta, timezone

import pytest

from guardians import registry
from guardians.tests.units import NOW, judge
from kit.errors import BadInput


def aged(**age):
    return {"created_at": NOW - timedelta(**age)}


def test_a_young_unit_passes():
    verdict = judge("TTL_CHECK", {"max_age_seconds": 60}, **aged(seconds=59))

    assert verdict.allowed
    assert verdict.reason == "The unit is 59 s old. The rule allows 1 min."
    assert verdict.evidence == {"age_seconds": 59.0, "max_age_seconds": 60}


def test_a_unit_of_exactly_the_age_passes():
    assert judge("TTL_CHECK", {"max_age_seconds": 60}, **aged(seconds=60)).allowed


def test_an_old_unit_is_refused_with_both_ages():
    verdict = judge("TTL_CHECK", {"max_age_seconds": 60}, **aged(hours=26, seconds=1))

    assert not verdict.allowed
    assert verdict.reason == "The unit is 1 d 2 h 1 s old. The rule allows 1 min."


def test_a_day_is_the_default():
    assert judge("TTL_CHECK", {}, **aged(hours=24)).allowed
    assert not judge("TTL_CHECK", {}, **aged(hours=24, seconds=1)).allowed


def test_a_unit_without_a_timestamp_is_refused():
    assert judge("TTL_CHECK", {}, created_at=None).reason == "The unit has no timestamp, so its age is unknown."


@pytest.mark.parametrize("made", ["2026-11-21T08:00:00Z", 1_795_000_000, NOW.replace(tzinfo=None)])
def test_what_names_no_moment_is_no_timestamp(made):
    assert judge("TTL_CHECK", {}, created_at=made).reason.startswith("The unit has no timestamp")


def test_clocks_may_differ_a_little():
    verdict = judge("TTL_CHECK", {}, created_at=NOW + timedelta(seconds=4))

    assert verdict.allowed
    assert verdict.evidence["age_seconds"] == 0.0


def test_a_timestamp_in_the_future_is_refused():
    verdict = judge("TTL_CHECK", {}, created_at=NOW + timedelta(minutes=10))

    assert not verdict.allowed
    assert verdict.reason == "The unit's timestamp is 10 min in the future."


def test_another_time_zone_is_the_same_moment():
    elsewhere = (NOW - timedelta(seconds=30)).astimezone(timezone(timedelta(hours=9)))

    assert judge("TTL_CHECK", {"max_age_seconds": 31}, created_at=elsewhere).allowed
    assert not judge("TTL_CHECK", {"max_age_seconds": 29}, created_at=elsewhere).allowed


@pytest.mark.parametrize("wrong", [0, -1, True, "60", 1.5, None, 10**12])
def test_the_age_must_be_a_whole_number_of_seconds(wrong):
    with pytest.raises(BadInput) as refused:
        registry.compile("TTL_CHECK", {"max_age_seconds": wrong})

    assert refused.value.errors[0]["field"] == "config.max_age_seconds"


def test_it_describes_itself():
    assert (
        registry.compile("TTL_CHECK", {"max_age_seconds": 5_400}).describe() == "A unit may be at most 1 h 30 min old."
    )
