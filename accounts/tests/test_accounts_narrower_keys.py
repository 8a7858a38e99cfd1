"""Keys that are for some gates, for some addresses, and that are followed by others."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import ApiKey
from accounts.queries import default_platform_of, membership_of_key
from audit.models import Entry
from kit.errors import BadInput, NotAllowed, NotThere, Refusal


def make(membership, *, actor, **about):
    about = {"name": "CI", "scopes": ["read"], "platform": default_platform_of(actor.organization_id)} | about
    return actions.create_key(membership, actor=actor, **about)


def ask_from(address, text):
    return Client(REMOTE_ADDR=address).get("/api/auth/me", headers={"Authorization": f"Bearer {text}"})


# Addresses


@pytest.mark.parametrize(
    "network, inside, outside",
    [
        ("203.0.113.9", "203.0.113.9", "203.0.113.10"),
        ("203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
        ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
        ("203.0.113.0/24", "::ffff:203.0.113.9", "::ffff:203.0.114.9"),
        ("fe80::/10", "fe80::1%eth0", "203.0.113.9"),
    ],
)
def test_a_key_for_some_addresses_is_refused_at_others(sys, max, network, inside, outside):
    _key, text = make(sys, actor=max, networks=[network])

    assert ask_from(inside, text).status_code == 200
    refused = ask_from(outside, text)
    assert refused.status_code == 403
    assert outside in refused.json()["detail"]


def test_what_is_no_address_is_on_no_list(sys, max):
    _key, text = make(sys, actor=max, networks=["0.0.0.0/0", "::/0"])

    assert membership_of_key(text).may_come_from("198.51.100.1")
    assert not membership_of_key(text).may_come_from("")
    assert not membership_of_key(text).may_come_from("testclient")


def test_a_refused_address_is_recorded_once_a_minute(sys, max):
    key, text = make(sys, actor=max, networks=["203.0.113.0/24"])
    for _try in range(3):
        ask_from("198.51.100.1", text)
    told = Entry.objects.filter(verb="key.refused")

    assert [line.data for line in told] == [{"prefix": key.prefix, "address": "198.51.100.1"}]
    ApiKey.objects.update(refused_at=timezone.now() - timedelta(seconds=61))
    ask_from("198.51.100.2", text)
    assert told.all().count() == 2


def test_tokens_of_a_key_are_for_its_addresses_too(sys, max):
    _key, text = make(sys, actor=max, networks=["203.0.113.0/24"])
    program = Client(REMOTE_ADDR="203.0.113.9", headers={"Authorization": f"Bearer {text}"})
    made = program.post("/api/auth/token", {}, content_type="application/json")

    token = made.json()["access_token"]
    assert ask_from("203.0.113.9", token).status_code == 200
    assert ask_from("198.51.100.1", token).status_code == 403


@pytest.mark.parametrize("said", ["nowhere", "203.0.113.9/24", "203.0.113.0/33", "", "203.0.113.0-203.0.113.9"])
def test_what_is_no_network_is_refused_by_its_field(sys, max, said):
    with pytest.raises(BadInput, match="networks"):
        make(sys, actor=max, networks=[said])


def test_networks_are_kept_as_they_are_written(sys, max):
    key, _text = make(sys, actor=max, networks=[" 2001:DB8::/32", "203.0.113.9", "203.0.113.9/32"])

    assert key.networks == ["2001:db8::/32", "203.0.113.9/32"]


@pytest.mark.parametrize("gate", ["no gate", "a" * 81, "ü"])
def test_what_is_no_gates_name_is_refused_by_its_field(sys, max, gate):
    with pytest.raises(BadInput) as refused:
        make(sys, actor=max, gates=[gate])
    assert refused.value.errors[0]["field"] == "gates"


# Rotation


def test_a_rotated_key_is_followed_by_one_with_the_same_limits(sys, max):
    ci = actions.create_platform("ci", "CI", actor=max)
    old, old_text = make(sys, actor=max, platform=ci, gates=["deploys"], networks=["203.0.113.0/24"])
    new, new_text = actions.rotate_key(old.pk, overlap=timedelta(hours=1), actor=max)

    kept = ("membership_id", "platform_id", "name", "scopes", "gates", "networks")
    assert [getattr(new, name) for name in kept] == [getattr(old, name) for name in kept]
    assert (new.replaces, new.expires_at) == (old, None)
    assert membership_of_key(old_text) == membership_of_key(new_text) == sys
    assert Entry.objects.latest("pk").data["was"] == old.prefix


def test_the_old_key_ends_with_the_overlap(sys, max):
    old, text = make(sys, actor=max)
    actions.rotate_key(old.pk, overlap=timedelta(hours=1), actor=max)
    old.refresh_from_db()

    assert timedelta(minutes=59) < old.expires_at - timezone.now() <= timedelta(hours=1)
    ApiKey.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    assert membership_of_key(text) is None


def test_without_an_overlap_the_old_key_ends_at_once(sys, max):
    old, text = make(sys, actor=max)
    _new, new_text = actions.rotate_key(old.pk, overlap=timedelta(), actor=max)

    assert membership_of_key(text) is None
    assert membership_of_key(new_text) == sys


def test_a_key_that_expires_is_followed_by_one_that_lives_as_long(sys, max):
    old, _text = make(sys, actor=max, expires_at=timezone.now() + timedelta(days=10))
    ApiKey.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=80))
    old.refresh_from_db()
    new, _text = actions.rotate_key(old.pk, overlap=timedelta(days=30), actor=max)

    assert new.expires_at - new.created_at == old.expires_at - old.created_at
    assert ApiKey.objects.get(pk=old.pk).expires_at == old.expires_at  # an overlap makes nothing last longer


def test_a_key_is_rotated_once_and_only_while_it_is_good(sys, max):
    key, _text = make(sys, actor=max)
    actions.rotate_key(key.pk, overlap=timedelta(hours=1), actor=max)
    ended, _text = make(sys, actor=max)
    actions.revoke_key(ended.pk, actor=max)

    for one in (key, ended):
        with pytest.raises(Refusal, match="rotated"):
            actions.rotate_key(one.pk, overlap=timedelta(), actor=max)


def test_who_may_not_make_keys_rotates_none(sys, ada, max, cy):
    key, _text = make(sys, actor=max)

    with pytest.raises(NotAllowed):
        actions.rotate_key(key.pk, overlap=timedelta(), actor=ada)
    with pytest.raises(NotThere):
        actions.rotate_key(key.pk, overlap=timedelta(), actor=cy)
    for overlap in (timedelta(days=31), timedelta(seconds=-1)):
        with pytest.raises(BadInput, match="overlap"):
            actions.rotate_key(key.pk, overlap=overlap, actor=max)


def test_a_key_that_only_decides_is_noted_as_used(sys, max):
    key, text = make(sys, actor=max)
    assert ask_from("203.0.113.9", text).status_code == 200

    assert ApiKey.objects.get(pk=key.pk).last_used_at is not None


def test_the_action_notes_an_address_for_keys_of_its_organization_only(sys, max, cy):
    key, _text = make(sys, actor=max)
    actions.note_refused_address(key.pk, address="203.0.113.9", actor=cy)

    assert not Entry.objects.filter(verb="key.refused").exists()
