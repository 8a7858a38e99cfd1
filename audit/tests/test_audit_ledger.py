"""A line of the ledger: who it was then, and who may read it."""

import pytest

from audit.actions import record
from audit.models import Entry
from kit.requests import set_came_from


@pytest.fixture
def line(ada) -> Entry:
    set_came_from("192.0.2.7")
    line = record("kettle.boiled", actor=ada, subject=ada.organization, degrees=100)
    set_came_from("")
    return line


def test_a_line_keeps_who_what_to_what_and_from_where(line, ada):
    kept = Entry.objects.get(pk=line.pk)

    assert (kept.actor, kept.actor_name, kept.actor_role) == (ada, "Ada Nyström", "Operator")
    assert (kept.verb, kept.subject_type, kept.subject_id) == (
        "kettle.boiled",
        "organization",
        str(ada.organization_id),
    )
    assert (kept.organization_id, kept.data, kept.came_from) == (ada.organization_id, {"degrees": 100}, "192.0.2.7")
    assert str(kept) == f"Ada Nyström kettle.boiled organization {ada.organization_id}"


def test_a_line_says_who_somebody_was_when_it_was_written(line, ada, max):
    type(ada).objects.filter(pk=ada.pk).update(role=max.role)
    type(ada.pilot).objects.filter(pk=ada.pilot_id).update(name="Ada Lovelace")
    kept = Entry.objects.get(pk=line.pk)

    assert (kept.actor_name, kept.actor_role) == ("Ada Nyström", "Operator")


def test_lines_are_found_by_what_they_are_about(line, organization):
    assert line in Entry.objects.about("organization", organization.pk)
    assert line not in Entry.objects.about("organization", 0)
    assert line not in Entry.objects.about("platform", organization.pk)


@pytest.mark.parametrize("person, may", [("vi", True), ("ada", True), ("max", True), ("cy", False)])
def test_the_ledger_is_read_by_the_members_of_its_organization(request, line, person, may):
    reader = request.getfixturevalue(person)

    assert Entry.objects.visible_to(reader).filter(pk=line.pk).exists() is may


def test_a_key_that_only_submits_reads_no_ledger(line, sys):
    sys.scopes = ("submit", "decide")

    assert not Entry.objects.visible_to(sys).exists()


def test_the_newest_line_comes_first(line, ada):
    later = record("kettle.emptied", actor=ada, subject=ada.organization)

    assert list(Entry.objects.all()[:2]) == [later, line]
