"""The keys command: what an installation's people do to keys from the machine."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import actions
from accounts.models import ApiKey, SigningKey
from accounts.queries import membership_of_key
from audit.models import Entry


def keys(*arguments):
    out = StringIO()
    call_command("keys", *arguments, "--organization", "fjordbank", stdout=out)
    return out.getvalue().strip()


def make(*more):
    return json.loads(
        keys("create", "ci-runner", "--name", "CI", "--scope", "submit", "--scope", "read", "--json", *more)
    )


def test_a_key_is_made_with_all_its_limits_and_its_text_is_printed(sys, max):
    actions.create_platform("ci", "CI", actor=max)
    told = make("--gate", "deploys", "--from", "203.0.113.0/24", "--platform", "ci", "--expires", "90d")
    found = membership_of_key(told["key"])

    assert (found, found.gates, found.platform.slug) == (sys, ("deploys",), "ci")
    assert (told["scopes"], told["networks"]) == (["read", "submit"], ["203.0.113.0/24"])
    assert timedelta(days=89) < ApiKey.objects.get().expires_at - timezone.now() <= timedelta(days=90)
    assert Entry.objects.latest("pk").actor_name == "Chameleon"


def test_without_json_the_text_alone_is_printed(sys):
    assert membership_of_key(keys("create", "ci-runner", "--name", "CI", "--scope", "read")) == sys


def test_a_list_names_keys_in_use_and_with_all_the_ended_ones(sys):
    first, second = make(), make()
    keys("revoke", first["prefix"])

    assert [key["id"] for key in json.loads(keys("list", "--json"))] == [second["id"]]
    assert [key["id"] for key in json.loads(keys("list", "--all", "--json"))] == [second["id"], first["id"]]
    assert second["key"] not in keys("list", "--all", "--json")
    assert "revoked" in keys("list", "--all")
    keys("revoke", str(second["id"]))
    assert keys("list") == "No program has a key."


def test_a_key_is_rotated_by_what_it_begins_with(sys):
    old = make()
    new = json.loads(keys("rotate", old["prefix"], "--overlap", "30m", "--json"))

    assert membership_of_key(new["key"]) == membership_of_key(old["key"]) == sys
    assert ApiKey.objects.get(pk=old["id"]).expires_at - timezone.now() < timedelta(minutes=31)
    assert keys("rotate", new["prefix"], "--overlap", "0").startswith("chm_")
    assert membership_of_key(new["key"]) is None


def test_the_signing_key_is_rotated(organization):
    first = json.loads(keys("rotate-signing", "--json"))["kid"]
    said = keys("rotate-signing")

    signing = SigningKey.objects.signing().get().kid
    assert signing in said
    assert signing != first


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (("revoke", "chm_00000000"), "no such key"),
        (("rotate", "12345"), "no such key"),
        (("create", "nobody", "--name", "x", "--scope", "read"), "no pilot “nobody”"),
        (("create", "ci-runner", "--name", "x", "--scope", "read", "--platform", "no"), "no platform “no”"),
        (("create", "ci-runner", "--name", "x", "--scope", "read", "--from", "there"), "networks"),
        (("create", "ci-runner", "--name", "x", "--scope", "all"), "invalid choice"),
        (("create", "ci-runner", "--name", "x", "--scope", "read", "--expires", "soon"), "is no time"),
        (("create", "cy", "--name", "x", "--scope", "read"), "no such member"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(sys, cy, arguments, sentence):
    with pytest.raises(CommandError, match=sentence):
        keys(*arguments)
