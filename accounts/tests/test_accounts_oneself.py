"""Where one is signed in, one's own tokens, and what an Admin sets for everybody."""

import json
import re
from datetime import timedelta

import psycopg
import pytest
from allauth.usersessions.models import UserSession
from asgiref.sync import async_to_sync
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone

from accounts import actions
from accounts.authentication import membership_of_scope
from accounts.models import ApiKey, Organization
from accounts.queries import membership_of_key, membership_of_session, scopes_of
from audit.models import Entry
from kit.database import connection_parameters
from kit.errors import NotAllowed

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def signed_in(client_of, member, agent=FIREFOX):
    """Through the door, so that the browser's name is noted."""
    member.pilot.set_password("correct horse battery")
    member.pilot.save()
    client = client_of(None)
    said = {"login": member.pilot.username, "password": "correct horse battery"}
    assert client.post("/accounts/login/", said, headers={"User-Agent": agent}).status_code == 302
    return client


def test_the_profile_says_where_one_is_signed_in(client_of, ada):
    signed_in(client_of, ada, EDGE)
    here = client_of(ada)
    page = text_of(here.get("/profile").text)

    assert "Edge on Windows" in page
    assert "this browser" in page
    assert "Sign out everywhere else" in page


def last_used(client, at):
    UserSession.objects.filter(session_key=client.session.session_key).update(last_seen_at=at)
    cache.delete(f"session:{client.session.session_key}:True")


def seen_at(client):
    return UserSession.objects.get(session_key=client.session.session_key).last_seen_at


def test_the_profile_says_when_another_browser_was_last_seen(client_of, ada):
    there, here = client_of(ada), client_of(ada)
    last_used(there, timezone.now() - timedelta(hours=3))

    assert "last seen 3 h ago" in text_of(here.get("/profile").text)


def test_a_session_is_seen_with_each_call_and_noted_once_a_minute(client_of, ada):
    client, long_ago = client_of(ada), timezone.now() - timedelta(hours=2)
    last_used(client, long_ago)
    client.get("/profile")
    assert timezone.now() - seen_at(client) < timedelta(minutes=1)

    UserSession.objects.update(last_seen_at=long_ago)
    client.get("/profile")
    assert seen_at(client) == long_ago


@pytest.mark.django_db(transaction=True)
def test_an_open_page_that_nobody_touches_does_not_count_as_used(client_of, ada):
    client, long_ago = client_of(ada), timezone.now() - timedelta(hours=2)
    last_used(client, long_ago)
    assert async_to_sync(membership_of_scope)({"session": client.session}) == ada
    client.get("/profile", headers={"By-Itself": "1"})

    assert seen_at(client) == long_ago


def test_signing_out_everywhere_else_leaves_this_browser(client_of, ada):
    there, here = client_of(ada), client_of(ada)
    here.post("/profile/departure")

    assert membership_of_session(there.session.session_key or "") is None
    assert here.get("/profile").status_code == 200
    line = Entry.objects.latest("pk")
    assert (line.verb, line.data) == ("session.ended", {"sessions": 1})


def test_one_session_is_ended_by_its_number(client_of, ada):
    first, second, here = client_of(ada), client_of(ada), client_of(ada)
    keys = [one.session.session_key for one in (first, second)]
    number = re.search(r'name="session" value="(\d+)"', here.get("/profile").text)
    here.post("/profile/departure", {"session": number[1]})

    assert Session.objects.filter(session_key__in=keys).count() == 1


def test_nobody_ends_the_session_of_another(client_of, ada, bo):
    theirs = client_of(bo)
    number = re.search(r'name="session" value="(\d+)"', _profile_beside(client_of, bo))
    client_of(ada).post("/profile/departure", {"session": number[1]})
    ended = actions.end_sessions([theirs.session.session_key], actor=ada)

    assert ended == 0
    assert theirs.get("/profile").status_code == 200


def _profile_beside(client_of, member) -> str:
    return client_of(member).get("/profile").text


@pytest.mark.parametrize("said", ["x", "-1", "9" * 30])
def test_what_is_no_session_is_not_found(client_of, ada, said):
    assert client_of(ada).post("/profile/departure", {"session": said}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_sockets_of_an_ended_session_are_told(client_of, ada, settings):
    settings.REDIS_URL = ""
    there = client_of(ada).session.session_key
    with psycopg.connect(**connection_parameters(), autocommit=True) as listener:
        listener.execute("LISTEN chameleon_live")
        actions.end_sessions([there], actor=ada)
        heard = [hint[:2] for note in listener.notifies(timeout=1) for hint in json.loads(note.payload)]

    assert ["accounts.session", str(ada.pk)] in heard


def test_a_token_of_ones_own_is_shown_once(client_of, max):
    client = client_of(max)
    page = client.post("/profile/tokens", {"name": "my script", "scopes": ["read", "decide"]}).text
    text = re.search(r"chm_[\w-]+_[\w-]+", page)[0]

    assert membership_of_key(text) == max
    assert text not in client.get("/profile").text
    assert "my script" in client.get("/profile").text


def test_a_token_is_revoked_from_the_profile(client_of, max):
    client = client_of(max)
    client.post("/profile/tokens", {"name": "my script", "scopes": ["read"]})
    key = ApiKey.objects.get(name="my script")
    client.post(f"/profile/tokens/{key.pk}/revocation")

    assert "my script" not in client.get("/profile").text
    key.refresh_from_db()
    assert key.revoked_at is not None


@pytest.mark.parametrize("said", [{"name": "", "scopes": ["read"]}, {"name": "x"}, {"name": "x", "scopes": ["root"]}])
def test_a_token_without_name_or_purpose_is_told(client_of, max, said):
    answer = client_of(max).post("/profile/tokens", said)

    assert answer.status_code == 422
    assert not ApiKey.objects.filter(membership=max).exists()


def test_who_may_not_make_keys_sees_no_tokens_and_is_refused(client_of, ada):
    client = client_of(ada)

    assert "Your API tokens" not in client.get("/profile").text
    assert client.post("/profile/tokens", {"name": "x", "scopes": ["read"]}).status_code == 403


def test_a_role_offers_no_scope_beyond_its_powers(vi, ada, max):
    assert scopes_of(vi) == ["read"]
    assert scopes_of(ada) == ["submit", "read", "decide"]
    assert scopes_of(max) == ["submit", "read", "decide", "admin", "provision"]


def test_an_admin_changes_what_is_the_same_for_everybody(client_of, max):
    client_of(max).post("/settings/organization", {"name": " Fjordbank ASA ", "rearm_by_two": "on"})

    here = Organization.objects.get(pk=max.organization_id)
    assert (here.name, here.rearm_by_two) == ("Fjordbank ASA", True)
    line = Entry.objects.latest("pk")
    assert (line.verb, line.data) == ("organization.changed", {"name": "Fjordbank ASA", "rearm_by_two": True})


def test_the_organizations_page_shows_members_roles_gates_and_keys(client_of, max, ada, sys, key_of):
    key_of(sys)
    page = text_of(client_of(max).get("/settings/organization").text)

    assert "Ada Nyström" in page
    assert "Operator 2" in page
    assert "No gate yet" in page
    assert "test chm_" in page


@pytest.mark.parametrize("person", ["ada", "vi"])
def test_only_an_admin_sees_and_changes_the_organization(request, client_of, person):
    client = client_of(request.getfixturevalue(person))

    assert client.get("/settings/organization").status_code == 403
    assert client.post("/settings/organization", {"name": "Ours now"}).status_code == 403


@pytest.mark.parametrize("name", ["", "   ", "x" * 201, "\x00"])
def test_an_organization_needs_a_name(client_of, max, name):
    assert client_of(max).post("/settings/organization", {"name": name}).status_code == 422


def test_an_operator_cannot_change_it_by_the_action(ada):
    with pytest.raises(NotAllowed):
        actions.change_organization(actor=ada, name="Ours now", rearm_by_two=False)
