"""Who must approve at a gate, how votes count, and how long a decision can be undone: checked when it is saved."""

import pytest
from django.contrib.auth.models import Group

from guardians import actions
from kit.errors import BadInput

SEATS = [{"role": "Security", "count": 1}, {"role": "Operations", "count": 2}]


@pytest.fixture(autouse=True)
def _roles(db):
    for name in ("Security", "Operations", *(f"Role {n}" for n in range(6))):
        Group.objects.create(name=name)


def opened(max, **form):
    return actions.create_gate("loans", actor=max, name="Loans", **form)


def test_a_gate_names_its_seats_and_their_sum_is_what_it_needs(max):
    gate = opened(max, seats=SEATS, required_approvals=1, veto=False, votes_sealed=True, undo_seconds=6)

    assert (gate.seats, gate.required_approvals) == (SEATS, 3)
    assert (gate.veto, gate.votes_sealed, gate.undo_seconds) == (False, True, 6)


def test_without_seats_it_asks_as_it_did(max):
    gate = opened(max, required_approvals=2)

    assert (gate.seats, gate.required_approvals, gate.veto, gate.votes_sealed, gate.undo_seconds) == (
        [],
        2,
        True,
        False,
        0,
    )


def test_seats_may_be_taken_away_again(max):
    gate = opened(max, seats=SEATS)
    changed = actions.change_gate(gate.pk, actor=max, seats=[], required_approvals=1)

    assert (changed.seats, changed.required_approvals) == ([], 1)


@pytest.mark.parametrize(
    "seats, why",
    [
        ({"role": "Security"}, "give roles"),
        ("Security", "give roles"),
        ([1], "give roles"),
        ([{"role": "Security"}], "give roles"),
        ([{"role": "Security", "count": 1, "more": 1}], "give roles"),
        ([{"role": "Security", "count": 0}], "from 1 to 20"),
        ([{"role": "Security", "count": 21}], "from 1 to 20"),
        ([{"role": "Security", "count": True}], "from 1 to 20"),
        ([{"role": "Security", "count": "1"}], "from 1 to 20"),
        ([{"role": "Nobody", "count": 1}], "no role “Nobody”"),
        ([{"role": 7, "count": 1}], "no role"),
        ([{"role": "System", "count": 1}], "no role"),
        ([{"role": "Security", "count": 1}, {"role": "Security", "count": 2}], "once"),
        ([{"role": f"Role {n}", "count": 1} for n in range(6)], "at most 5"),
        ([{"role": "Security", "count": 11}, {"role": "Operations", "count": 10}], "20 approvals"),
    ],
)
def test_what_are_no_seats_is_refused_by_name(max, seats, why):
    with pytest.raises(BadInput, match=why) as refused:
        opened(max, seats=seats)
    assert refused.value.errors[0]["field"] == "seats"


@pytest.mark.parametrize("seconds", [-1, 61])
def test_a_decision_can_be_undone_for_a_minute_at_most(max, seconds):
    with pytest.raises(BadInput, match="undo_seconds"):
        opened(max, undo_seconds=seconds)
