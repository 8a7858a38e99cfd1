"""Every state and every move: the table of the domain, held line by line."""

from uuid import UUID

import pytest

from audit.models import Entry
from kit.errors import BadInput, NotAllowed, NotThere, Refusal
from work import actions
from work.models import MOVES, OPEN, TERMINAL, Status, Unit

# As the domain draws it: from each state, where it may go. Written out again on purpose.
LIFECYCLE = {
    "pending": {"active", "awaiting_pilot", "cancelled"},
    "active": {"completed", "failed", "awaiting_pilot", "paused", "stalled", "cancelled"},
    "awaiting_pilot": {"active", "failed", "cancelled"},
    "paused": {"active", "cancelled"},
    "stalled": {"active", "failed", "cancelled"},
    "completed": set(),
    "failed": set(),
    "cancelled": set(),
}

# What each move makes of a unit. A unit stalls by itself: see the heartbeat.
DEEDS = {
    "completed": actions.complete,
    "failed": actions.fail,
    "cancelled": actions.cancel,
    "awaiting_pilot": actions.await_pilot,
    "active": actions.release,
    "paused": actions.pause,
}
ALLOWED = [(was, to) for was, reach in LIFECYCLE.items() for to in sorted(reach & DEEDS.keys())]
REFUSED = [(was, to) for was, reach in LIFECYCLE.items() for to in sorted(DEEDS.keys() - reach)]


def row(unit: Unit) -> dict[str, object]:
    return Unit.objects.values().get(pk=unit.pk)


def entries(unit: Unit) -> list[tuple[str, dict[str, object]]]:
    return list(Entry.objects.about("unit", unit.pk).order_by("pk").values_list("verb", "data"))


def test_the_table_in_the_code_is_the_table_of_the_domain():
    assert {str(was): set(map(str, reach)) for was, reach in MOVES.items()} == LIFECYCLE
    assert set(Status) == TERMINAL | OPEN
    assert all(not LIFECYCLE[status] for status in TERMINAL)


@pytest.mark.parametrize("was, to", ALLOWED)
def test_an_allowed_move_moves_and_says_so(unit_in, sys, heard, was, to):
    unit = unit_in(was)
    moved = DEEDS[to](unit.pk, actor=sys)
    after = row(unit)

    assert (moved.status, after["status"]) == (to, to)
    assert (after["settled_at"] is not None) == (to in TERMINAL)
    assert after["updated_at"] > unit.created_at
    assert entries(unit) == [(f"unit.{to}", {"was": was})]
    assert heard == [("work.unit", str(unit.pk), sys.organization_id)]


@pytest.mark.parametrize("was, to", REFUSED)
def test_any_other_move_is_refused_in_a_sentence_and_changes_nothing(unit_in, sys, heard, was, to):
    unit = unit_in(was)
    before = row(unit)

    with pytest.raises(Refusal, match=f"that is {Status(was).label} cannot become {Status(to).label}"):
        DEEDS[to](unit.pk, actor=sys)

    assert row(unit) == before
    assert entries(unit) == heard == []


@pytest.mark.parametrize("deed", [actions.complete, actions.fail, actions.cancel, actions.release, actions.pause])
def test_a_note_is_kept_on_the_unit_and_in_the_ledger(unit_in, sys, deed):
    unit = unit_in("paused" if deed is actions.release else "active")
    deed(unit.pk, actor=sys, note="The disk is full.")

    assert row(unit)["note"] == "The disk is full."
    assert entries(unit)[0][1]["note"] == "The disk is full."


@pytest.mark.parametrize("note", ["a\x00b", "\ud800"], ids=ascii)
@pytest.mark.parametrize("deed", [actions.complete, actions.cancel, actions.heartbeat])
def test_a_note_that_cannot_be_stored_is_refused_by_name(unit_in, sys, deed, note):
    unit = unit_in()
    before = row(unit)

    with pytest.raises(BadInput) as refused:
        deed(unit.pk, actor=sys, note=note)
    assert refused.value.errors[0]["field"] == "note"
    assert row(unit) == before


EVERY = DEEDS | {"heartbeat": actions.heartbeat, "archived": actions.archive}


@pytest.mark.parametrize("deed", EVERY.values(), ids=EVERY)
@pytest.mark.parametrize(
    "person, problem", [("vi", NotAllowed), ("cy", NotThere)], ids=["a viewer looks only", "a stranger sees nothing"]
)
def test_who_may_not_move_a_unit(request, unit_in, heard, deed, person, problem):
    unit = unit_in("completed" if deed is actions.archive else "paused" if deed is actions.release else "active")
    before = row(unit)

    with pytest.raises(problem):
        deed(unit.pk, actor=request.getfixturevalue(person))
    assert row(unit) == before
    assert entries(unit) == heard == []


@pytest.mark.parametrize("person", ["ada", "max", "sys"])
def test_operators_admins_and_programs_move_units(request, unit_in, person):
    unit = unit_in()
    actor = request.getfixturevalue(person)

    assert actions.complete(unit.pk, actor=actor).status == "completed"
    assert Entry.objects.latest("pk").actor == actor


@pytest.mark.parametrize("scopes, may", [(("submit",), True), (("decide",), True), (("read",), False)])
def test_a_key_moves_units_only_with_a_scope_for_it(unit_in, sys, scopes, may):
    unit = unit_in()
    sys.scopes = scopes

    if may:
        assert actions.complete(unit.pk, actor=sys).status == "completed"
    else:
        with pytest.raises(NotAllowed, match="look at units of work"):
            actions.complete(unit.pk, actor=sys)


def test_a_unit_that_is_not_there_is_said_not_to_be(sys):
    with pytest.raises(NotThere, match="no such unit"):
        actions.complete(UUID(int=0), actor=sys)


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_a_settled_unit_is_archived_once(unit_in, ada, heard, status):
    unit = unit_in(status)
    first = actions.archive(unit.pk, actor=ada).archived_at
    again = actions.archive(unit.pk, actor=ada).archived_at

    assert first == again == row(unit)["archived_at"]
    assert row(unit)["settled_at"] == unit.settled_at
    assert entries(unit) == [("unit.archived", {})]
    assert heard == [("work.unit", str(unit.pk), unit.organization_id)]


@pytest.mark.parametrize("status", sorted(OPEN))
def test_an_open_unit_is_not_archived(unit_in, ada, status):
    unit = unit_in(status)

    with pytest.raises(Refusal, match="Only a settled unit can be archived"):
        actions.archive(unit.pk, actor=ada)
    assert row(unit)["archived_at"] is None


def test_a_move_that_cannot_be_written_down_does_not_happen(unit_in, sys, monkeypatch):
    unit = unit_in()
    before = row(unit)
    monkeypatch.setattr(actions, "record", lambda *_, **__: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        actions.complete(unit.pk, actor=sys)
    assert row(unit) == before


def test_a_caller_waits_on_what_is_not_decided(unit_in):
    assert {status for status in LIFECYCLE if unit_in(status).waits} == {"pending", "awaiting_pilot", "paused"}


def test_open_and_settled_divide_all_there_is(unit_in):
    units = {status: unit_in(status) for status in LIFECYCLE}

    assert {status for status, unit in units.items() if unit.is_settled} == TERMINAL
    assert set(Unit.objects.open()) == {units[status] for status in OPEN}


@pytest.mark.parametrize("went_ahead, status", [(True, "completed"), (False, "cancelled")])
def test_work_that_nobody_reports_on_ends_once_its_own_caller_has_its_answer(unit_in, ada, sys, went_ahead, status):
    unit = unit_in(Status.ACTIVE)

    actions.end_unreported(unit.pk, went_ahead=went_ahead, actor=ada)
    assert Unit.objects.get(pk=unit.pk).status == "active"
    for _twice in range(2):
        actions.end_unreported(unit.pk, went_ahead=went_ahead, actor=sys)

    assert Unit.objects.get(pk=unit.pk).status == status
    assert Entry.objects.filter(verb=f"unit.{status}").count() == 1


def test_work_that_is_paused_is_not_ended_by_a_fetch(unit_in, sys):
    unit = unit_in(Status.PAUSED)

    actions.end_unreported(unit.pk, went_ahead=True, actor=sys)

    assert Unit.objects.get(pk=unit.pk).status == "paused"
