"""manage.py pilots and manage.py organizations."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Membership, Organization, Pilot
from audit.models import Entry


def run(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue().strip()


def as_json(*words: str) -> Any:
    return json.loads(run(*words, "--json"))


def test_accounts_are_listed_and_chameleons_own_is_not(ada: Membership, vi: Membership) -> None:
    assert [one["user"] for one in as_json("pilots", "list")] == ["ada", "vi"]
    assert [one["user"] for one in as_json("pilots", "list", "nystr")] == ["ada"]
    assert "Ada Nyström" in run("pilots", "list")
    assert run("pilots", "list", "nobody") == "There is none."


def test_an_account_is_made_a_member_with_a_password_that_is_shown_once(organization: Organization) -> None:
    said = as_json("pilots", "create", "eve", "--role", "operator", "--organization", "fjordbank")

    pilot = Pilot.objects.get(username="eve")
    assert pilot.check_password(said["password"])
    assert (said["role"], pilot.memberships.get().role_name) == ("Operator", "Operator")


def test_a_role_that_is_not_there_leaves_no_account(organization: Organization) -> None:
    with pytest.raises(CommandError, match="no role “Captain”"):
        run("pilots", "create", "eve", "--role", "Captain", "--organization", "fjordbank")
    assert not Pilot.objects.filter(username="eve").exists()


def test_an_account_is_switched_off_and_on_and_gets_a_password(ada: Membership) -> None:
    assert "switched off" in run("pilots", "deactivate", "ada", "--reason", "Gone.")
    assert not Pilot.objects.get(username="ada").is_active
    with pytest.raises(CommandError, match="switched off already"):
        run("pilots", "deactivate", "ada", "--reason", "Gone.")
    assert "is on again" in run("pilots", "reactivate", "ada")
    given = as_json("pilots", "password", "ada")["password"]
    assert Pilot.objects.get(username="ada").check_password(given)
    assert Entry.objects.latest("pk").verb == "pilot.password_set"


@pytest.mark.parametrize("deed", ["reactivate", "password"])
def test_an_account_that_is_not_there_is_refused(db: None, deed: str) -> None:
    with pytest.raises(CommandError, match="no pilot “ghost”"):
        run("pilots", deed, "ghost")


def test_an_organization_is_made_with_a_link_and_renamed(db: None) -> None:
    assert "/invitations/" in as_json("organizations", "create", "acme", "Acme Ltd")["invitation"]
    assert run("organizations", "rename", "acme", "Acme") == "The organization acme is called Acme now."
    assert as_json("organizations", "list")[0] | {"made": ""} == {
        "slug": "acme",
        "name": "Acme",
        "members": 0,
        "made": "",
    }
    with pytest.raises(CommandError, match="There already is an organization “acme”"):
        run("organizations", "create", "acme", "Again")
