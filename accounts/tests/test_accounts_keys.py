"""A program's key: shown once, kept as a digest, good for one membership and no longer than it should."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions
from accounts.models import ApiKey, Pilot, digest_of
from accounts.queries import default_platform_of, membership_of_key, system_of
from audit.models import Entry
from kit.errors import BadInput, NotAllowed, NotThere, Refusal


def make(membership, *, actor, **about):
    about = {"name": "CI", "scopes": ["submit"], "platform": default_platform_of(actor.organization_id)} | about
    return actions.create_key(membership, actor=actor, **about)


@pytest.fixture
def key(max, sys):
    return make(sys, actor=max)


def test_a_key_is_shown_once_and_only_its_digest_is_kept(key):
    made, text = key
    stored = ApiKey.objects.filter(pk=made.pk).values().get()

    assert text.startswith(f"{made.prefix}_")
    assert len(text) > 50
    assert stored["digest"] == digest_of(text)
    assert text not in str(stored)
    assert text not in str(list(Entry.objects.values()))
    assert text.removeprefix(f"{made.prefix}_") not in str(stored)


def test_no_two_keys_are_alike(max, sys):
    assert len({make(sys, actor=max)[1] for _ in range(20)}) == 20


def test_a_key_acts_as_its_membership_on_its_platform_narrowed_by_its_scopes(max, sys):
    ci = actions.create_platform("ci", "CI", actor=max)
    _made, text = make(sys, actor=max, platform=ci, scopes=["read", "read"])
    found = membership_of_key(text)

    assert (found, found.platform, found.scopes) == (sys, ci, ("read",))
    assert found.has_power("work.view_unit")
    assert not found.has_power("work.submit_unit")


@pytest.mark.parametrize("text", ["", "chm_", "Bearer", "chm_00000000_nosuchkey", "\x00", "\ud800", "ü" * 10_000])
def test_an_unknown_key_is_nobody(db, text):
    assert membership_of_key(text) is None


def test_a_key_with_one_letter_changed_is_nobody(key):
    _made, text = key

    assert membership_of_key(text) is not None
    assert membership_of_key(text[:-1] + ("a" if text[-1] != "a" else "b")) is None
    assert membership_of_key(text.upper()) is None


def test_an_expired_key_is_nobody(max, sys):
    made, text = make(sys, actor=max, expires_at=timezone.now() + timedelta(hours=1))
    assert membership_of_key(text) is not None

    ApiKey.objects.filter(pk=made.pk).update(expires_at=timezone.now())
    assert membership_of_key(text) is None
    assert not ApiKey.objects.get(pk=made.pk).is_usable(timezone.now())


def test_a_revoked_key_is_nobody_and_the_wire_is_told(max, key, monkeypatch):
    heard = []
    monkeypatch.setattr(actions.keys, "announce", lambda *hint, **_: heard.append(hint))
    made, text = key
    actions.revoke_key(made.pk, actor=max)

    assert membership_of_key(text) is None
    assert heard == [("accounts.key", made.digest), ("accounts.session", str(made.membership_id))]
    assert Entry.objects.latest("pk").verb == "key.revoked"


def test_revoking_again_changes_nothing(max, key):
    made, _text = key
    actions.revoke_key(made.pk, actor=max)
    before = ApiKey.objects.values().get(pk=made.pk), Entry.objects.count()
    actions.revoke_key(made.pk, actor=max)

    assert (ApiKey.objects.values().get(pk=made.pk), Entry.objects.count()) == before


def test_the_key_of_a_deactivated_pilot_is_nobody(sys, key):
    Pilot.objects.filter(pk=sys.pilot_id).update(is_active=False)

    assert membership_of_key(key[1]) is None


def test_the_key_of_a_member_who_left_is_nobody(max, sys, key):
    actions.end_membership(sys, actor=max)

    assert membership_of_key(key[1]) is None


@pytest.mark.parametrize("person", ["ada", "vi"])
def test_only_an_admin_makes_and_revokes_keys(request, sys, key, person):
    actor = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        make(sys, actor=actor)
    with pytest.raises(NotAllowed):
        actions.revoke_key(key[0].pk, actor=actor)


def test_a_stranger_finds_no_member_platform_or_key(cy, max, sys, key):
    with pytest.raises(NotThere):
        make(sys, actor=cy)
    with pytest.raises(NotThere):
        make(cy, actor=cy, platform=default_platform_of(max.organization_id))
    with pytest.raises(NotThere):
        actions.revoke_key(key[0].pk, actor=cy)
    assert not ApiKey.objects.visible_to(cy).exists()


def test_nobody_gets_a_key_that_acts_as_the_system(max):
    with pytest.raises(NotThere):
        make(system_of(max.organization_id), actor=max)


def test_the_system_revokes_what_it_made(organization, sys):
    system = system_of(organization.pk)
    made, text = make(sys, actor=system)
    actions.revoke_key(made.pk, actor=system)

    assert membership_of_key(text) is None


def test_a_member_who_left_gets_no_key(max, sys):
    actions.end_membership(sys, actor=max)

    with pytest.raises(Refusal, match="no longer a member"):
        make(sys, actor=max)


@pytest.mark.parametrize(
    "about, field",
    [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["submit", "everything"]}, "scopes"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "expires_at"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(max, sys, about, field):
    before = Entry.objects.count()

    with pytest.raises(BadInput) as refused:
        make(sys, actor=max, **about)
    assert [error["field"] for error in refused.value.errors] == [field]
    assert Entry.objects.count() == before


def test_when_a_key_was_last_used_is_kept_to_the_minute(key):
    made, text = key
    actions.note_key_used(digest_of(text))
    first = ApiKey.objects.get(pk=made.pk).last_used_at
    actions.note_key_used(digest_of(text))

    assert first is not None
    assert ApiKey.objects.get(pk=made.pk).last_used_at == first

    ApiKey.objects.filter(pk=made.pk).update(last_used_at=first - timedelta(seconds=61))
    actions.note_key_used(digest_of(text))
    assert ApiKey.objects.get(pk=made.pk).last_used_at >= first
