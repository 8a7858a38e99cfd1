"""Who is in, in which role, and what is left when they go."""

import pytest
from django.contrib.auth.models import Group

from accounts import actions
from accounts.actions import SYSTEM_PILOT, seating
from accounts.models import Membership, Organization, Pilot, Platform
from accounts.queries import (
    default_platform_of,
    membership_of,
    membership_of_session,
    memberships_of,
    system_of,
)
from audit.models import Entry
from kit.errors import BadInput, NotAllowed, NotThere, Refusal


def lines(organization: Organization) -> list[tuple[str, str]]:
    entries = Entry.objects.filter(organization=organization).order_by("pk")
    return list(entries.values_list("verb", "actor_name"))


@pytest.fixture
def heard(monkeypatch):
    """The hints that actions of accounts leave."""
    hints = []
    monkeypatch.setattr(seating, "announce", lambda topic, key, **_: hints.append((topic, key)))
    return hints


def test_an_organization_begins_with_its_system_and_a_platform(db):
    made = actions.create_organization("fjordbank", "Fjordbank")

    assert system_of(made.pk).is_system
    assert default_platform_of(made.pk).slug == "api"
    assert lines(made) == [("organization.created", "Chameleon"), ("platform.created", "Chameleon")]


def test_the_system_is_one_pilot_in_every_organization_and_nobody_signs_in_with_it(organization, elsewhere):
    assert system_of(organization.pk).pilot == system_of(elsewhere.pk).pilot
    assert not Pilot.objects.get(username=SYSTEM_PILOT).has_usable_password()


@pytest.mark.parametrize(
    "make",
    [
        lambda max: actions.create_organization("fjordbank", "Again"),
        lambda max: actions.create_platform("api", "Again", actor=max),
        lambda max: actions.create_pilot("max", actor=max),
    ],
    ids=["organization", "platform", "pilot"],
)
def test_a_name_that_is_taken_is_refused_in_a_sentence_and_leaves_nothing(max, make):
    before = Entry.objects.count()

    with pytest.raises(Refusal, match="There already is a"):
        make(max)
    assert Entry.objects.count() == before


def test_another_organization_may_have_a_platform_of_the_same_name(max, cy):
    actions.create_platform("ci", "CI", actor=max)

    assert actions.create_platform("ci", "CI", actor=cy).organization_id == cy.organization_id


@pytest.mark.parametrize(
    "make, field",
    [
        (lambda max: actions.create_organization("not a slug", "N"), "slug"),
        (lambda max: actions.create_organization("x" * 61, "N"), "slug"),
        (lambda max: actions.create_organization("n", "N\x00"), "name"),
        (lambda max: actions.create_platform("", "CI", actor=max), "slug"),
        (lambda max: actions.create_platform("ci", "x" * 201, actor=max), "name"),
        (lambda max: actions.create_pilot("", actor=max), "username"),
        (lambda max: actions.create_pilot("eve\x00", actor=max), "username"),
        (lambda max: actions.create_pilot("eve", name="\ud800", actor=max), "name"),
        (lambda max: actions.create_pilot("eve", kind="robot", actor=max), "kind"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(max, make, field):
    with pytest.raises(BadInput) as refused:
        make(max)

    assert field in {error["field"] for error in refused.value.errors}


DEEDS = {
    "create_platform": lambda ada, actor: actions.create_platform("ci", "CI", actor=actor),
    "create_pilot": lambda ada, actor: actions.create_pilot("eve", actor=actor),
    "set_password": lambda ada, actor: actions.set_password(ada.pilot, "another one entirely", actor=actor),
    "grant_role": lambda ada, actor: actions.grant_role(ada.pilot, "Admin", actor=actor),
    "end_membership": lambda ada, actor: actions.end_membership(ada, actor=actor),
}


@pytest.mark.parametrize("person", ["ada", "vi", "sys"])
@pytest.mark.parametrize("deed", DEEDS)
def test_only_an_admin_governs(request, ada, deed, person):
    actor = request.getfixturevalue(person)
    before = Entry.objects.count()

    with pytest.raises(NotAllowed, match="Only an Admin"):
        DEEDS[deed](ada, actor)
    assert Entry.objects.count() == before


def test_a_role_is_granted_and_changed_and_the_ledger_keeps_both(max, heard):
    pilot = actions.create_pilot("eve", actor=max)
    joined = actions.grant_role(pilot, "Viewer", actor=max)
    changed = actions.grant_role(pilot, "Operator", actor=max)

    assert joined.pk == changed.pk
    assert changed.has_power("interventions.decide_intervention")
    assert [entry.data["role"] for entry in Entry.objects.filter(verb="membership.granted").order_by("pk")][-2:] == [
        "Viewer",
        "Operator",
    ]
    assert heard == [("accounts.membership", str(joined.pk))] * 2


@pytest.mark.parametrize("role", ["System", "Captain", ""])
def test_a_role_that_is_none_is_refused_and_the_roles_are_told(max, ada, role):
    with pytest.raises(NotThere, match="The roles are: Viewer, Operator, Admin"):
        actions.grant_role(ada.pilot, role, actor=max)


def test_a_role_made_by_an_admin_can_be_granted(max, ada):
    Group.objects.create(name="Night watch")

    assert actions.grant_role(ada.pilot, "Night watch", actor=max).role_name == "Night watch"


def test_a_role_that_an_admin_made_stands_beside_the_shipped_ones(max, ada):
    Group.objects.create(name="Night watch")
    watch = actions.grant_role(ada.pilot, "Night watch", actor=max)

    assert watch.has_rank_of("Night watch")
    assert not watch.has_rank_of("Viewer")
    assert not max.has_rank_of("Night watch")


@pytest.mark.parametrize(
    "role, ranks", [("Viewer", "V"), ("Operator", "VO"), ("Admin", "VOA")], ids=["Viewer", "Operator", "Admin"]
)
def test_a_higher_role_fills_the_seat_of_a_lower_one(max, ada, role, ranks):
    member = actions.grant_role(ada.pilot, role, actor=max)

    assert "".join(seat[0] for seat in ("Viewer", "Operator", "Admin") if member.has_rank_of(seat)) == ranks


def test_the_systems_own_membership_is_nobodys_to_change(max, organization):
    system = system_of(organization.pk)

    with pytest.raises(Refusal, match="Chameleon's own"):
        actions.grant_role(system.pilot, "Viewer", actor=max)
    with pytest.raises(NotThere):
        actions.end_membership(system, actor=max)
    assert system_of(organization.pk).is_system


def test_who_leaves_loses_every_power_and_is_announced(max, ada, client_of, heard):
    session = client_of(ada).session.session_key
    assert membership_of_session(session) == ada

    actions.end_membership(ada, actor=max)

    assert membership_of_session(session) is None
    assert Membership.objects.get(pk=ada.pk).powers == frozenset()
    assert Entry.objects.latest("pk").verb == "membership.ended"
    assert heard == [("accounts.membership", str(ada.pk))]


def test_a_membership_ends_once(max, ada, heard):
    actions.end_membership(ada, actor=max)
    ended = Membership.objects.get(pk=ada.pk)
    actions.end_membership(ended, actor=max)

    assert Membership.objects.get(pk=ada.pk).ended_at == ended.ended_at
    assert Entry.objects.filter(verb="membership.ended").count() == len(heard) == 1


def test_who_left_may_come_back(max, ada):
    actions.end_membership(ada, actor=max)
    back = actions.grant_role(ada.pilot, "Viewer", actor=max)

    assert back.pk == ada.pk
    assert Membership.objects.acting().get(pk=ada.pk).powers == back.powers != frozenset()


def test_a_member_of_another_organization_is_not_there_to_be_ended(cy, ada):
    with pytest.raises(NotThere):
        actions.end_membership(ada, actor=cy)
    assert Membership.objects.get(pk=ada.pk).ended_at is None


def test_an_admin_sets_the_password_of_a_member(max, ada):
    actions.set_password(ada.pilot, "correct horse battery", actor=max)

    assert Pilot.objects.get(pk=ada.pilot_id).check_password("correct horse battery")
    assert "horse" not in str(Entry.objects.latest("pk").data)


def test_a_stranger_cannot_take_over_an_account_by_its_password(cy, ada):
    with pytest.raises(NotThere):
        actions.set_password(ada.pilot, "mine now, thank you", actor=cy)


def test_nor_by_making_its_pilot_a_member_first(cy, ada):
    actions.grant_role(ada.pilot, "Viewer", actor=cy)

    with pytest.raises(NotAllowed, match="more than this organization"):
        actions.set_password(ada.pilot, "mine now, thank you", actor=cy)


def test_an_admin_cannot_become_the_superuser(max, ada):
    Pilot.objects.filter(pk=ada.pilot_id).update(is_superuser=True)
    ada.pilot.refresh_from_db()

    with pytest.raises(NotAllowed):
        actions.set_password(ada.pilot, "mine now, thank you", actor=max)


def test_a_new_password_ends_the_sessions_of_the_old_one(max, ada, client_of):
    session = client_of(ada).session.session_key
    actions.set_password(ada.pilot, "correct horse battery", actor=max)

    assert membership_of_session(session) is None


def test_a_session_acts_in_the_organization_it_chose(ada, cy, client_of):
    actions.grant_role(ada.pilot, "Viewer", actor=cy)
    browser = client_of(ada)
    assert membership_of_session(browser.session.session_key).organization_id == ada.organization_id

    session = browser.session
    session["organization"] = cy.organization_id
    session.save()

    assert membership_of_session(session.session_key).organization_id == cy.organization_id
    assert [one.organization_id for one in memberships_of(ada.pilot)] == [cy.organization_id, ada.organization_id]


def test_a_session_whose_organization_was_left_falls_back_to_another(ada, cy, client_of):
    there = actions.grant_role(ada.pilot, "Viewer", actor=cy)
    browser = client_of(ada)
    session = browser.session
    session["organization"] = cy.organization_id
    session.save()
    actions.end_membership(there, actor=cy)

    assert membership_of_session(session.session_key) == ada


@pytest.mark.parametrize(
    "key", ["", "x", "nosuchsessionnosuchsession00000", "x" * 500, "\x00" * 32, "\ud800" * 32], ids=ascii
)
def test_a_session_that_is_none_is_nobody(db, key):
    assert membership_of_session(key) is None


def test_a_deactivated_pilot_is_nobody(ada, client_of):
    session = client_of(ada).session.session_key
    Pilot.objects.filter(pk=ada.pilot_id).update(is_active=False)

    assert membership_of_session(session) is None
    assert membership_of(ada.pilot, ada.organization_id) is None


def test_a_stranger_sees_no_member_platform_or_ledger_line(cy, ada, organization):
    assert not Membership.objects.visible_to(cy).filter(organization=organization).exists()
    assert not Platform.objects.visible_to(cy).filter(organization=organization).exists()
    assert not Entry.objects.visible_to(cy).filter(organization=organization).exists()
