"""Everything about a person as a file: whose it is, what is in it, what never is, and that the ledger tells of it."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts import actions
from accounts.directory import Facts as Said
from accounts.models import Membership, Pilot, ToldGroup, ToldUser
from accounts.queries import default_platform_of, system_of
from audit.models import Entry
from kit.errors import NotAllowed, NotThere

SECRETS = ("digest", "password", "sealed", "secret")


@pytest.fixture
def ada_in_two(ada: Membership, elsewhere: Any) -> Membership:
    """Ada, who is somebody in another organization as well."""
    actions.grant_role(ada.pilot, "Viewer", actor=system_of(elsewhere.pk))
    there = Membership.objects.acting().get(pilot=ada.pilot, organization=elsewhere)
    for one in (ada, there):
        platform = default_platform_of(one.organization_id)
        system = system_of(one.organization_id)
        actions.create_key(one, name=f"of {one.organization.slug}", scopes=["read"], actor=system, platform=platform)
    told = actions.Facts(provider="github", issuer="https://github.com", uid="583231", login="octocat")
    actions.connect_identity(told, actor=ada)
    ada.pilot.authenticator_set.create(type="totp", data={"secret": "sealed"})
    ada.pilot.set_password("correct horse battery")
    ada.pilot.save()
    return ada


def file_of(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment;")
    found: dict[str, Any] = json.loads(b"".join(answer.streaming_content))
    return found


def test_one_takes_out_everything_of_all_ones_organizations(ada_in_two, client_of):
    found = file_of(client_of(ada_in_two).get("/profile/data.json"))

    assert found["format"] == "chameleon.person/1"
    assert found["about"]["name"] == "Ada Nyström"
    assert [one["organization"] for one in found["memberships"]] == ["fjordbank", "elsewhere"]
    assert [one["name"] for one in found["keys"]] == ["of fjordbank", "of elsewhere"]
    assert [one["login"] for one in found["identities"]] == ["octocat"]
    assert [one["kind"] for one in found["second_factors"]] == ["totp"]
    assert len(found["sessions"]) == 1
    assert {line["verb"] for line in found["ledger"]} >= {"membership.granted", "pilot.connected", "person.exported"}
    assert {line["organization"] for line in found["ledger"]} == {"fjordbank", "elsewhere"}


def test_an_admin_takes_out_what_is_of_the_organization(ada_in_two, max, client_of):
    found = file_of(client_of(max).get(f"/members/{ada_in_two.pk}/data.json"))

    assert "elsewhere" not in json.dumps(found)
    assert [one["name"] for one in found["keys"]] == ["of fjordbank"]
    assert not {"identities", "sessions", "second_factors", "preferences", "directory_facts"} & set(found)


def test_what_the_directory_told_by_scim_is_in_the_file(ada, max, client_of):
    actions.note_facts(ada.pilot, Said(provider="oidc", uid="4711", mail="ada@fjordbank.example"))
    user = actions.provision_user(ToldUser("ada@fjordbank.example", "4711"), actor=max)
    actions.provision_group(ToldGroup("Pilots", members=frozenset({user.pk})), actor=max)

    (told,) = file_of(client_of(max).get(f"/members/{ada.pk}/data.json"))["provisioned"]
    assert (told["organization"], told["user_name"], told["number"]) == ("fjordbank", "ada@fjordbank.example", "4711")
    assert told["groups"] == ["Pilots"]


def test_no_secret_is_in_the_file(ada_in_two, client_of):
    ada = ada_in_two.pilot
    text = json.dumps(file_of(client_of(ada_in_two).get("/profile/data.json")))

    ada.refresh_from_db()
    for word in SECRETS:
        assert f'"{word}"' not in text
    assert ada.password not in text
    for key in ada_in_two.keys.all():
        assert key.prefix in text
        assert key.digest not in text


def test_the_ledger_says_who_took_what_is_known_about_whom(ada, max, client_of):
    client_of(max).get(f"/members/{ada.pk}/data.json")

    line = Entry.objects.get(verb="person.exported")
    assert (line.actor_id, line.subject_type, line.subject_id) == (max.pk, "pilot", str(ada.pilot_id))
    assert line.data == {"pilot": "ada"}


def test_who_has_left_is_still_somebody_about_whom_something_is_known(ada, max, client_of):
    actions.end_membership(ada, actor=max)

    assert file_of(client_of(max).get(f"/members/{ada.pk}/data.json"))["memberships"][0]["ended_at"]


def test_who_may_not_is_refused_and_leaves_no_line(ada, bo, cy):
    for actor, problem in ((bo, NotAllowed), (cy, NotThere)):
        with pytest.raises(problem):
            actions.export_person(ada, actor=actor)
    with pytest.raises(NotThere):
        actions.export_person(system_of(ada.organization_id), actor=ada)
    assert not Entry.objects.filter(verb="person.exported").exists()


def printed(*command: str) -> str:
    out = StringIO()
    call_command("pilots", *command, stdout=out)
    return out.getvalue()


def test_the_command_prints_it(ada_in_two):
    found = json.loads(printed("export", "ada"))

    assert [one["organization"] for one in found["memberships"]] == ["fjordbank", "elsewhere"]
    assert Entry.objects.filter(verb="person.exported").count() == 2


def test_the_command_erases_who_is_named_and_only_when_told_to(ada, bo):
    with pytest.raises(CommandError, match="Say --yes"):
        printed("erase", "ada", "--reason", "They asked for it.")
    assert Pilot.objects.filter(username="ada").exists()

    assert "Erased person" in printed("erase", "ada", "--reason", "They asked for it.", "--yes")
    assert not Pilot.objects.filter(username="ada").exists()
    assert Pilot.objects.filter(username="bo").exists()
    with pytest.raises(CommandError, match="There is no pilot"):
        printed("export", "ada")
