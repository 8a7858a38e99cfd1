"""Posting guardians: what a version may hold, and who may post."""

import pytest

from audit.models import Entry
from guardians import actions
from guardians.models import Gate
from kit.errors import BadInput, NotAllowed, NotThere


@pytest.fixture
def gate(max) -> Gate:
    return actions.create_gate("door", actor=max, name="Door")


def test_a_guardian_that_needs_no_settings_is_posted_without_any(gate, max):
    version = actions.post_guardian(gate.pk, "everyone", type="PASS_THRU", config={}, actor=max)

    assert (version.number, version.config) == (1, {})


def test_every_post_is_a_new_version_of_the_guardian_of_that_name(gate, max):
    actions.post_guardian(gate.pk, "fresh", type="TTL_CHECK", config={}, actor=max)
    second = actions.post_guardian(gate.pk, "fresh", type="TTL_CHECK", config={"max_age_seconds": 60}, actor=max)

    assert second.number == 2
    assert gate.guardians.count() == 1


def test_settings_that_do_not_compile_are_refused_by_name(gate, max):
    with pytest.raises(BadInput, match="config"):
        actions.post_guardian(gate.pk, "fresh", type="TTL_CHECK", config={"max_age_seconds": "old"}, actor=max)


@pytest.mark.parametrize("person", ["ada", "vi"])
def test_only_an_admin_posts(request, gate, person):
    with pytest.raises(NotAllowed):
        actions.post_guardian(gate.pk, "mine", type="PASS_THRU", config={}, actor=request.getfixturevalue(person))


@pytest.fixture
def three(gate, max) -> Gate:
    for name in ("a", "b", "c"):
        actions.post_guardian(gate.pk, name, type="PASS_THRU", config={}, actor=max)
    return gate


@pytest.mark.parametrize(
    "name, position, order",
    [("c", 1, ["c", "a", "b"]), ("a", 3, ["b", "c", "a"]), ("a", 2, ["b", "a", "c"]), ("b", 2, ["a", "b", "c"])],
)
def test_a_guardian_is_given_another_place_and_the_others_close_up(three, max, name, position, order):
    actions.place_guardian(three.pk, name, position=position, actor=max)

    assert list(three.guardians.values_list("name", "position")) == list(zip(order, (1, 2, 3), strict=True))
    assert list(three.guardians.filter(versions__number=2)) == []


def test_a_place_that_is_taken_already_is_no_news(three, max):
    actions.place_guardian(three.pk, "b", position=2, actor=max)

    assert not Entry.objects.filter(verb="guardian.placed").exists()


@pytest.mark.parametrize("position", [0, 4])
def test_a_place_outside_the_row_is_refused(three, max, position):
    with pytest.raises(BadInput, match="from 1 to 3"):
        actions.place_guardian(three.pk, "a", position=position, actor=max)


def test_a_guardian_of_another_name_is_not_there(three, max):
    with pytest.raises(NotThere):
        actions.place_guardian(three.pk, "d", position=1, actor=max)
