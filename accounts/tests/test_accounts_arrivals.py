"""Who somebody is by what a provider tells of them: the rules, whichever page asks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.actions import Facts, arrive, connect_identity, disconnect_identity, drop_token, refuse_renewal
from accounts.models import Grant, Identity, Membership, Pilot, ProviderToken
from accounts.queries import system_of
from audit.models import Entry
from kit.errors import NotAllowed, Refusal

OCTOCAT = Facts(
    provider="github",
    issuer="https://github.com",
    uid="583231",
    login="octocat",
    name="Ada Nyström",
    emails=("ada@fjordbank.example",),
)


@pytest.fixture
def system(ada: Membership) -> Membership:
    return system_of(ada.organization_id)


def test_what_comes_from_one_issuer_is_nobody_at_another(system: Membership) -> None:
    """Numbers are given by each server for itself."""
    here = arrive(OCTOCAT, actor=system)
    there = arrive(replace(OCTOCAT, issuer="https://github.fjordbank.example", emails=()), actor=system)

    assert here.pilot_id != there.pilot_id


@pytest.mark.parametrize(
    "login, uid, public_id",
    [
        ("octocat", "1", "github:octocat"),
        ("jürgen.groß@fjordbank.example", "1", "github:jürgen.groß@fjordbank.example"),
        ("", "583231", "github:583231"),
        ("two words", "583231", "github:583231"),
        ("octo:cat", "583231", "github:583231"),
        ("right\u202eleft", "583231", "github:583231"),
        ("x" * 300, "583231", "github:583231"),
        ("<script>", "auth0|5f7c8ec7", "github:621b3ebd936e3d561f86"),
    ],
)
def test_a_public_id_is_plain(system: Membership, login: str, uid: str, public_id: str) -> None:
    made = arrive(replace(OCTOCAT, login=login, uid=uid), actor=system)

    assert made.pilot.public_id == made.pilot.username == public_id


def test_no_name_that_is_typed_here_looks_like_one_from_elsewhere(ada: Membership, system: Membership) -> None:
    ada.pilot.public_id = "github:octocat"
    ada.pilot.save()

    assert arrive(OCTOCAT, actor=system).pilot.public_id == "github:octocat-583231"


def test_what_a_provider_says_is_kept_as_one_line_of_words(system: Membership) -> None:
    made = arrive(replace(OCTOCAT, name="Ada\n\x00Nyström\u202e " + "x" * 300), actor=system)

    assert made.pilot.name.startswith("Ada Nyström x")
    assert len(made.pilot.name) == 200


def test_a_new_address_is_followed_unless_it_is_anothers(ada: Membership, system: Membership) -> None:
    pilot = arrive(OCTOCAT, actor=system).pilot
    Pilot.objects.filter(pk=ada.pilot_id).update(email="taken@fjordbank.example")

    arrive(replace(OCTOCAT, emails=("new@fjordbank.example",)), actor=system)
    arrive(replace(OCTOCAT, emails=("Taken@fjordbank.example",)), actor=system)

    assert Pilot.objects.get(pk=pilot.pk).email == "new@fjordbank.example"


def test_the_ledger_names_what_changed_and_not_into_what(system: Membership) -> None:
    arrive(OCTOCAT, actor=system)
    arrive(replace(OCTOCAT, name="Another Name"), actor=system)

    assert Entry.objects.get(verb="pilot.synced").data == {
        "pilot": "github:octocat",
        "provider": "github",
        "changed": ["name"],
    }


def test_a_change_is_told_to_the_organization_that_knows_the_pilot(system: Membership, cy: Membership) -> None:
    there = system_of(cy.organization_id)
    pilot = arrive(OCTOCAT, actor=system).pilot
    pilot.memberships.update(organization=cy.organization)

    arrive(replace(OCTOCAT, name="Another Name"), actor=system)

    assert Entry.objects.get(verb="pilot.synced").actor_id == there.pk


def test_only_the_system_lets_somebody_arrive(max: Membership) -> None:
    with pytest.raises(NotAllowed):
        arrive(OCTOCAT, actor=max)


def test_who_was_switched_off_brings_no_token(system: Membership) -> None:
    pilot = arrive(OCTOCAT, actor=system).pilot
    Pilot.objects.filter(pk=pilot.pk).update(is_active=False)

    arrive(OCTOCAT, actor=system, grant=Grant("access", "refresh"))

    assert not ProviderToken.objects.exists()


def test_the_facts_say_all_but_show_little(system: Membership) -> None:
    assert "secret-group" not in repr(replace(OCTOCAT, claims={"groups": ["secret-group"]}))


def test_what_was_disconnected_may_be_connected_by_another(ada: Membership, bo: Membership) -> None:
    ada.pilot.set_password("correct horse battery")
    ada.pilot.save()
    first = connect_identity(OCTOCAT, actor=ada)
    with pytest.raises(Refusal, match="somebody else"):
        connect_identity(OCTOCAT, actor=bo)

    disconnect_identity(first.pk, actor=ada)

    assert connect_identity(OCTOCAT, actor=bo).pilot == bo.pilot
    assert Identity.objects.count() == 2


def test_disconnecting_what_is_gone_changes_nothing(ada: Membership) -> None:
    before = Entry.objects.count()
    disconnect_identity(404, actor=ada)

    assert Entry.objects.count() == before


def test_a_token_that_was_replaced_is_neither_refused_nor_dropped(ada: Membership, system: Membership) -> None:
    identity = connect_identity(OCTOCAT, actor=ada, grant=Grant("one", "one"))
    old = identity.token
    connect_identity(OCTOCAT, actor=ada, grant=Grant("two", "two"))

    refuse_renewal(old.pk, old.version, actor=system)
    drop_token(old.pk, old.version, actor=system, confirmed=True)

    assert ProviderToken.objects.get().grant().access == "two"


def test_a_refresh_token_that_is_given_once_is_kept(ada: Membership) -> None:
    until = timezone.now() + timedelta(hours=1)
    connect_identity(OCTOCAT, actor=ada, grant=Grant("one", "given once", until))
    connect_identity(OCTOCAT, actor=ada, grant=Grant("two", "", until))

    held = ProviderToken.objects.get()
    assert (held.grant().access, held.grant().refresh) == ("two", "given once")
    assert held.refresh_at == until - timedelta(minutes=5)


# ---------- At the same moment ----------


def at_once(deed: Callable[..., Any], *about: Any) -> list[Any]:
    def run(one: Any) -> Any:
        try:
            return deed(one)
        except Refusal as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(about)) as threads:
        return list(threads.map(run, about))


@pytest.mark.django_db(transaction=True)
def test_two_browsers_that_arrive_at_once_are_one_pilot(ada: Membership) -> None:
    system = system_of(ada.organization_id)

    found = at_once(lambda _n: arrive(OCTOCAT, actor=system, grant=Grant("access", "refresh")), *range(4))

    assert {one.pilot_id for one in found} == {Pilot.objects.get(public_id="github:octocat").pk}
    assert Entry.objects.filter(verb="pilot.arrived").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_last_ways_in_that_are_taken_away_at_once_one_stays(ada: Membership, settings: Any) -> None:
    settings.PROVIDERS = {"github": None}
    ways = [connect_identity(replace(OCTOCAT, uid=str(n)), actor=ada).pk for n in (1, 2)]

    found = at_once(lambda pk: disconnect_identity(pk, actor=ada), *ways)

    assert sorted(type(one).__name__ for one in found) == ["NoneType", "Refusal"]
    assert Identity.objects.standing().count() == 1
