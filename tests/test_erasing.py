"""Erasing a person: what goes, what stays and under which name, who may, and that nothing of them is left."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import actions
from accounts.directory import Facts as Said
from accounts.directory import Rule
from accounts.models import ApiKey, Identity, Membership, Pilot, TokenFamily, ToldUser
from accounts.queries import default_platform_of, system_of
from accounts.tasks import forget_late
from audit.actions import record_past
from audit.models import Entry, Erasure
from interventions import actions as interventions
from interventions.models import Comment, Decision, Intervention, SavedView, Vote
from interventions.tests.asking import ask
from kit.requests import set_came_from

OCTOCAT = actions.Facts(
    provider="github",
    issuer="https://github.com",
    uid="583231",
    login="ada-octocat",
    name="Ada Lovelace Nyström",
    emails=("ada.nystrom@fjordbank.example",),
)
BY_SCIM = ToldUser(
    "a.lovelace@fjordbank.example",
    "ada-4711",
    addresses=("ada.nystrom@fjordbank.example",),
    details={"displayName": "Ada Lovelace (Oslo)"},
)
SAID = "Thank you, Ada Lovelace Nyström."  # somebody's free words, which stay


@pytest.fixture
def busy(max: Membership, bo: Membership, sys: Membership, client_of: Any) -> Membership:
    """Ada, with a row of everything that is kept of a person."""
    system = system_of(sys.organization_id)
    actions.create_pilot("ada", actor=system, name="Ada Lovelace Nyström", email="ada.nystrom@fjordbank.example")
    pilot = Pilot.objects.get(username="ada")
    actions.grant_role(pilot, "Operator", actor=max)
    ada = Membership.objects.acting().get(pilot=pilot)
    actions.connect_identity(OCTOCAT, actor=ada)
    pilot.usersession_set.create(session_key="gone", ip="203.0.113.77", user_agent="Ada Lovelace's browser")
    platform = default_platform_of(ada.organization_id)
    key, _text = actions.create_key(ada, name="Ada's", scopes=["read"], actor=max, platform=platform)
    actions.rotate_key(key.pk, overlap=timezone.timedelta(hours=1), actor=max)
    set_came_from("203.0.113.77")
    actions.issue_tokens(actor=ada)
    actions.note_refused_address(key.pk, address="203.0.113.77", actor=ada)
    set_came_from("")
    pilot.authenticator_set.create(type="totp", data={"secret": "sealed"})
    actions.note_factor_added("webauthn", "Ada's phone", actor=ada)
    actions.set_preferences(actor=ada, language="de")
    actions.set_absence(ada, delegate=bo.pilot.public_id, until=None, actor=ada)
    actions.end_absence(ada, actor=ada)
    actions.invite("Viewer", actor=max, email="Ada.Nystrom@fjordbank.example")
    actions.set_rules([Rule(1, "any", "person", "ada.nystrom@fjordbank.example", "Viewer")], actor=max)
    actions.apply_directory(pilot, Said(provider="github", uid="1", mail="ada.nystrom@fjordbank.example"), actor=system)
    actions.set_rules([], actor=max)
    actions.note_facts(pilot, Said(provider="oidc", uid="ada-4711", mail="ada.nystrom@fjordbank.example"))
    actions.provision_user(BY_SCIM, actor=max)
    actions.grant_role(pilot, "Operator", actor=max)
    ada = Membership.objects.acting().get(pilot=pilot)
    question = ask(sys, requested_by="ada.nystrom@fjordbank.example")
    interventions.claim(question.pk, actor=ada)
    interventions.hand_over(question.pk, to="local:bo", actor=ada)
    interventions.hand_over(question.pk, to="local:ada", actor=bo)
    interventions.comment(question.pk, body=f'{SAID} @ada, and @"ada lovelace nyström": see @bo.', actor=max)
    interventions.approve(question.pk, reason="Looks right.", actor=ada)
    actions.set_absence(bo, delegate="local:ada", until=None, actor=bo)
    SavedView.objects.create(owner=ada, name="Mine", query="")
    SavedView.objects.create(owner=ada, name="Ours", query="", is_shared=True)
    pilot.name = "Ada L. Nyström"  # called otherwise since
    pilot.save()
    return Membership.objects.acting().get(pilot=pilot)


def erase(ada: Membership, **more: Any) -> str:
    return actions.erase_pilot(ada.pilot, by=None, **{"reason": "They asked for it."} | more)


def everything() -> Iterator[tuple[str, str]]:
    """Every text and JSON of every table, as (column, value)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c JOIN information_schema.tables t"
            " USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND (data_type IN ('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'tsvector', 'inet', 'bytea')"
            " OR data_type = 'USER-DEFINED')"
        )
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT DISTINCT "{column}"::text FROM "{table}" WHERE "{column}" IS NOT NULL')
            yield from ((f"{table}.{column}", value) for (value,) in cursor.fetchall())


NAMES = ("lovelace", "ada-4711", "nystrom", "nyström", "octocat", "583231", "local:ada", '"ada"', "203.0.113.77")


def left() -> set[tuple[str, str]]:
    found = {
        (column, value)
        for column, value in everything()
        if value.lower() == "ada" or any(name in value.lower() for name in NAMES)
    }
    return {(column, value) for column, value in found if SAID not in value}


def test_the_search_finds_what_there_is(busy):
    assert {column.partition(".")[0] for column, _value in left()} >= {
        "accounts_pilot",
        "accounts_identity",
        "accounts_invitation",
        "accounts_provisioneduser",
        "audit_entry",
        "interventions_intervention",
        "usersessions_usersession",
    }


def test_nothing_of_them_is_left_but_what_people_wrote(busy):
    erase(busy)

    assert left() == set()
    assert SAID in Comment.objects.get().body


def test_what_they_did_stands_under_the_pseudonym(busy):
    lines, pilot = Entry.objects.filter(actor=busy).count(), busy.pilot
    pseudonym = erase(busy)
    pilot.refresh_from_db()

    assert pseudonym.startswith("Erased person ")
    assert (pilot.name, pilot.username, pilot.email) == (pseudonym, f"erased-{pseudonym[-8:]}", "")
    assert Decision.objects.get().by.name == pseudonym
    assert Vote.objects.get().by.name == pseudonym
    assert Intervention.objects.get().requested_by == pseudonym
    assert Entry.objects.filter(actor=busy, actor_name=pseudonym, came_from="").count() == lines
    erased = Entry.objects.get(verb="pilot.erased")
    assert erased.data == {"pilot": pseudonym, "by": "manage.py", "reason": "They asked for it."}
    assert Erasure.objects.get().pilot == pilot


def test_the_ledger_says_the_same_of_everybody_else(busy, bo):
    before = {line.pk: line for line in Entry.objects.all()}
    pseudonym = erase(busy)
    changed = {"actor_name", "came_from", "data"}

    for line in Entry.objects.filter(pk__in=before):
        was = before[line.pk]
        for field in {one.attname for one in Entry._meta.concrete_fields} - changed:
            assert getattr(line, field) == getattr(was, field)
        if line.actor_id != busy.pk:
            assert (line.actor_name, line.came_from) == (was.actor_name, was.came_from)
        differing = {key for key in was.data if was.data[key] != line.data.get(key)}
        assert all(pseudonym in json.dumps(line.data[key]) for key in differing)
    handed_over = Entry.objects.filter(verb="intervention.handed_over").order_by("pk").last()
    assert (handed_over.data["was"], handed_over.data["to"]) == ("Bo Lindqvist", pseudonym)


def test_a_line_that_was_under_way_meanwhile_is_found_within_the_hour(busy):
    pseudonym = erase(busy)
    late = {"verb": "intervention.seen", "subject_type": "intervention", "subject_id": "1", "actor_role": "Operator"}
    called = {"actor": busy, "actor_name": "Ada Lovelace Nyström", "came_from": "203.0.113.77"}
    record_past([Entry(organization_id=busy.organization_id, at=timezone.now(), **called, **late)])

    assert forget_late(0) == 1
    line = Entry.objects.get(verb="intervention.seen")
    assert (line.actor_name, line.came_from) == (pseudonym, "")
    assert left() == set()
    assert forget_late(0) == 0


def test_a_mention_is_shown_by_the_pseudonym_and_others_as_they_were(busy):
    pseudonym = erase(busy)

    assert Comment.objects.get().body == f'{SAID} @"{pseudonym}", and @"{pseudonym}": see @bo.'


def test_nothing_opens_any_more(busy, client_of):
    browser = client_of(busy)
    erase(busy)

    assert browser.get("/profile").status_code == 302
    assert not Session.objects.exists()
    assert not ApiKey.objects.exists()
    assert not TokenFamily.objects.exists()
    assert not Identity.objects.exists()
    busy.pilot.refresh_from_db()
    assert not busy.pilot.authenticator_set.exists()
    assert not busy.pilot.has_usable_password()
    assert not SavedView.objects.filter(name="Mine").exists()
    assert SavedView.objects.filter(name="Ours").exists()


def test_who_arrives_again_is_a_new_pilot(busy, settings):
    settings.FIRST_ROLE = "Viewer"
    erase(busy)
    again = actions.arrive(OCTOCAT, actor=system_of(busy.organization_id)).pilot

    assert again.pk != busy.pilot_id
    assert again.public_id == "github:ada-octocat"


def test_a_token_of_a_provider_is_kept_until_it_is_given_back_without_saying_whose(busy):
    from accounts.models import Grant, ProviderToken

    identity = busy.pilot.identities.get()
    token = ProviderToken(identity=identity)
    token.hold(Grant("gho_token", "ghr_token"), timezone.now())
    token.save()
    erase(busy)
    identity.refresh_from_db()

    assert (identity.login, identity.uid) == ("", f"erased:{identity.pk}")
    actions.drop_token(token.pk, token.version, actor=system_of(busy.organization_id), confirmed=True)
    assert left() == set()


def test_an_admin_erases_who_is_a_member_here_alone(busy, max):
    pseudonym = actions.erase_member(busy, actor=max, reason="They asked for it.")

    line = Entry.objects.get(verb="pilot.erased")
    assert (line.actor_id, line.data["pilot"]) == (max.pk, pseudonym)
    assert left() == set()


def changed_by(sql: str) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.rowcount


def attack(sql: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        assert changed_by(sql), "the attack hit no row"


def test_outside_of_an_erasure_no_name_can_be_changed(transactional_db, busy):
    pseudonym = erase(busy)

    attack(f"UPDATE audit_entry SET actor_name = '{pseudonym}' WHERE actor_id <> {busy.pk}")
    attack(f"UPDATE audit_entry SET actor_name = 'Mallory' WHERE actor_id = {busy.pk}")
    attack("UPDATE audit_entry SET came_from = '203.0.113.9'")
    attack(f"UPDATE audit_entry SET data = jsonb_build_object('by', '{pseudonym}') WHERE verb = 'pilot.erased'")
    with pytest.raises(IntegrityError, match="An erasure is final"), transaction.atomic():
        Erasure.objects.all().delete()
    with pytest.raises(IntegrityError, match="An erasure is final"), transaction.atomic():
        Erasure.objects.update(pseudonym="Nobody")


def test_within_an_erasure_nothing_but_names_can_be_changed(busy, bo, max):
    pseudonym = erase(busy)  # and its transaction is not over

    for change in (
        "verb = 'intervention.seen'",
        "at = now()",
        "actor_role = 'Viewer'",
        "actor_name = 'Mallory'",
        "came_from = '203.0.113.9'",
        "data = data || '{\"extra\": 1}'",
        "data = '{}'",
        f"data = data || jsonb_build_object('reason', '{pseudonym}')",
        "data = data || jsonb_build_object('held_by', 'Mallory')",
    ):
        attack(f"UPDATE audit_entry SET {change} WHERE verb = 'intervention.decided'")
    attack(f"UPDATE audit_entry SET actor_name = '{pseudonym}' WHERE actor_id = {bo.pk}")
    attack("DELETE FROM audit_entry")


@pytest.mark.django_db
def test_the_trigger_and_the_action_know_the_same_particulars():
    from audit.actions import OF_ONESELF, RULES, WHO

    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'only_names_went'")
        source = cursor.fetchone()[0]
    listed = source.partition("'{")[2].partition("}'")[0]
    assert {word.strip() for word in listed.split(",")} == WHO | OF_ONESELF | RULES
