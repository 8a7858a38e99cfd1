"""Providers' tokens: sealed while they are kept, renewed in time, given back when nobody needs them any more."""

import asyncio
import json
import logging
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from allauth.account.signals import user_logged_in
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import actions
from accounts.models import Grant, Pilot, ProviderToken
from accounts.providers import providers
from accounts.queries import membership_of_session, system_of
from accounts.sealing import Unreadable, seal, unseal
from accounts.tasks import tend_tokens
from audit.models import Entry
from kit.database import connection_parameters
from tests.signin.issuer import CLIENT, at_issuer
from tests.signin.journey import is_signed_in, leave, sign_in
from tests.signin.standin import Entra, GitHub

pytestmark = pytest.mark.django_db(transaction=True)

EIGHT_HOURS = 8 * 3600


def tick() -> None:
    """What the worker does twice a minute."""
    asyncio.run(tend_tokens(timestamp=0))


def token() -> ProviderToken:
    return ProviderToken.objects.get()


def pass_time(**changed: Any) -> None:
    """It was kept some minutes ago."""
    ProviderToken.objects.update(kept_at=timezone.now() - timedelta(minutes=10), **changed)


def make_due() -> None:
    pass_time(refresh_at=timezone.now() - timedelta(seconds=1), retry_at=None)


def verbs() -> list[str]:
    return list(Entry.objects.filter(verb__startswith="grant.").order_by("pk").values_list("verb", flat=True))


@pytest.fixture
def signed_in(client: Client, github: GitHub) -> Client:
    github.expires_in = EIGHT_HOURS
    sign_in(client, "github")
    assert is_signed_in(client)
    return client


# ---------- Kept ----------


def test_a_token_is_sealed_where_it_is_kept(signed_in: Client, github: GitHub) -> None:
    (grant,) = github.grants
    with connection.cursor() as cursor:
        cursor.execute("SELECT sealed FROM accounts_providertoken")
        (sealed,) = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM socialaccount_socialtoken")
        assert cursor.fetchone() == (0,)

    assert grant.access.encode() not in bytes(sealed)
    assert token().grant().access == grant.access
    assert token().grant().refresh == grant.refresh
    assert not {grant.access, grant.refresh} & set(json.dumps(dict(signed_in.session)).split('"'))


def test_a_sign_in_that_is_written_into_the_session_holds_no_token(client: Client, github: GitHub) -> None:
    """As one does that waits for a second factor."""
    seen: list[Any] = []

    def see(sociallogin: Any, **_: Any) -> None:
        seen.append(json.dumps(sociallogin.serialize(), default=str))

    user_logged_in.connect(see)
    try:
        sign_in(client, "github")
    finally:
        user_logged_in.disconnect(see)

    assert "octocat" in seen[0]
    assert github.grants[0].access not in seen[0]


def test_nothing_that_is_printed_tells_a_token(signed_in: Client, github: GitHub) -> None:
    (grant,) = github.grants
    told = f"{token()!r} {token()} {token().grant()!r} {token().identity!r}" + str(list(Entry.objects.values()))

    assert grant.access not in told
    assert grant.refresh not in told
    assert github.secret not in repr(providers())


def test_a_changed_key_reads_what_the_one_before_has_sealed(settings: Any) -> None:
    sealed = seal("a word")
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another key", [settings.SECRET_KEY]
    assert unseal(sealed) == "a word"

    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unreadable):
        unseal(sealed)


@pytest.mark.parametrize("seconds, before", [(EIGHT_HOURS, 300), (300, 100), (60, 20)])
def test_a_token_is_renewed_before_it_expires(client: Client, github: GitHub, seconds: int, before: int) -> None:
    github.expires_in = seconds
    sign_in(client, "github")

    assert (token().expires_at - token().refresh_at).total_seconds() == pytest.approx(before, abs=2)


def test_a_token_without_an_end_is_never_renewed(client: Client, github: GitHub) -> None:
    sign_in(client, "github")
    tick()

    assert (token().expires_at, token().refresh_at, github.refreshes) == (None, None, 0)


# ---------- Renewed ----------


def test_what_is_not_due_is_left_alone(signed_in: Client, github: GitHub) -> None:
    pass_time()
    tick()

    assert github.refreshes == 0


@pytest.mark.parametrize("key", ["github", "entra", "google"])
def test_a_due_token_is_renewed_and_the_new_refresh_token_is_the_one_that_is_kept(
    client: Client, key: str, request: pytest.FixtureRequest
) -> None:
    standin = request.getfixturevalue(key)
    standin.expires_in = EIGHT_HOURS
    sign_in(client, key)
    first = token().grant()
    for _ in range(2):
        make_due()
        tick()

    assert standin.refreshes == 2
    assert standin.complaints == []
    assert token().grant().access == standin.grants[0].access != first.access
    assert token().grant().refresh == standin.grants[0].refresh != first.refresh
    assert token().refresh_at > timezone.now()
    assert verbs() == []


@pytest.mark.parametrize("key", ["entra", "google"])
def test_a_refresh_token_that_is_dead_ends_the_session_whoever_gave_it(
    client: Client, key: str, request: pytest.FixtureRequest
) -> None:
    standin = request.getfixturevalue(key)
    standin.expires_in = EIGHT_HOURS
    sign_in(client, key)
    standin.end_all()
    make_due()
    tick()

    assert verbs() == ["grant.refused"]
    assert client.get("/").status_code == 302


def test_a_provider_that_goes_on_with_the_same_refresh_token_may(signed_in: Client, github: GitHub) -> None:
    github.rotates = False
    first = token().grant()
    make_due()
    tick()

    assert token().grant().access != first.access
    assert token().grant().refresh == first.refresh


def test_one_renewal_at_a_time() -> None:
    assert tend_tokens.lock == "accounts.tend_tokens"
    assert tend_tokens.queueing_lock


def test_what_was_brought_by_a_new_sign_in_is_not_overwritten_by_a_renewal_that_was_on_its_way(
    signed_in: Client, github: GitHub
) -> None:
    before = token()
    sign_in(Client(), "github")
    late = Grant("late", "late", timezone.now() + timedelta(hours=1))

    assert not actions.note_renewed(before.pk, before.version, late)
    actions.refuse_renewal(
        before.pk, before.version, actor=system_of(Pilot.objects.get(kind="person").memberships.get().organization_id)
    )
    assert token().grant().access == github.grants[-1].access
    assert is_signed_in(signed_in)


def test_while_a_provider_is_away_nobody_is_signed_out_and_it_is_asked_ever_more_rarely(
    signed_in: Client, github: GitHub
) -> None:
    github.is_away = True
    for tries in (1, 2, 3):
        make_due()
        tick()
        assert token().failures == tries
    wait = (token().retry_at - timezone.now()).total_seconds()
    assert 230 < wait <= 240
    tick()
    assert token().failures == 3
    assert is_signed_in(signed_in)

    github.is_away = False
    make_due()
    tick()
    assert (token().failures, token().retry_at) == (0, None)


def test_a_wrong_secret_of_ours_signs_nobody_out(signed_in: Client, github: GitHub) -> None:
    github.secret = "changed over there"
    make_due()
    tick()

    assert token().failures == 1
    assert is_signed_in(signed_in)


def test_a_dead_refresh_ends_the_sessions_that_came_by_it_and_tells_their_pages(
    signed_in: Client, github: GitHub, settings: Any
) -> None:
    settings.REDIS_URL = ""
    pilot = Pilot.objects.get(kind="person")
    pilot.set_password("correct horse battery")
    pilot.save()
    sign_in(signed_in, "github")  # the new password has ended the session before it
    by_password = Client()
    by_password.force_login(pilot, backend="django.contrib.auth.backends.ModelBackend")
    github.end_all()
    make_due()
    with psycopg.connect(**connection_parameters(), autocommit=True) as listener:
        listener.execute("LISTEN chameleon_live")
        tick()
        heard = [hint[:2] for note in listener.notifies(timeout=1) for hint in json.loads(note.payload)]

    assert ["accounts.session", str(pilot.memberships.get().pk)] in heard
    assert membership_of_session(signed_in.session.session_key or "gone") is None
    assert membership_of_session(by_password.session.session_key) is not None
    assert not ProviderToken.objects.exists()
    assert verbs() == ["grant.refused"]
    assert signed_in.get("/").status_code == 302


def test_a_token_that_cannot_be_read_any_more_asks_to_sign_in_again(signed_in: Client, settings: Any) -> None:
    make_due()
    ProviderToken.objects.update(sealed=b"sealed by a key that is gone")
    tick()

    assert verbs() == ["grant.refused"]
    assert signed_in.get("/").status_code == 302


def test_no_log_tells_a_token(signed_in: Client, github: GitHub, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    held = token().grant()
    github.is_away = True
    make_due()
    tick()
    github.is_away = False
    github.end_all()
    make_due()
    tick()

    assert "did not renew a token" in caplog.text
    assert held.access not in caplog.text
    assert held.refresh not in caplog.text
    assert github.secret not in caplog.text


# ---------- Given back ----------


def test_signing_out_of_the_last_session_gives_the_token_back(signed_in: Client, github: GitHub) -> None:
    held = token().grant()
    other = Client()
    sign_in(other, "github")
    signed_in.post("/accounts/logout/")
    pass_time()
    tick()
    assert github.revoked == []

    held = token().grant()
    other.post("/accounts/logout/")
    tick()

    assert github.revoked == [held.access]
    assert not ProviderToken.objects.exists()
    line = Entry.objects.get(verb="grant.revoked")
    assert line.data == {"pilot": "github:octocat", "provider": "GitHub", "confirmed": True}


def test_a_token_that_has_just_come_waits_for_its_session(signed_in: Client, github: GitHub) -> None:
    signed_in.post("/accounts/logout/")
    tick()

    assert github.revoked == []


def test_the_token_of_somebody_who_is_switched_off_is_given_back(signed_in: Client, github: GitHub) -> None:
    Pilot.objects.filter(kind="person").update(is_active=False)
    pass_time()
    tick()

    assert len(github.revoked) == 1


def test_a_provider_without_such_an_address_is_told_nothing_and_the_ledger_says_so(
    client: Client, entra: Entra
) -> None:
    entra.expires_in = 3600
    sign_in(client, "entra")
    client.post("/accounts/logout/")
    pass_time()
    tick()

    assert not ProviderToken.objects.exists()
    assert Entry.objects.get(verb="grant.revoked").data["confirmed"] is False


def test_a_provider_that_stays_away_is_asked_a_few_times(signed_in: Client, github: GitHub) -> None:
    signed_in.post("/accounts/logout/")
    github.is_away = True
    for _ in range(4):
        pass_time(retry_at=None)
        tick()
    assert token().failures == 4

    pass_time(retry_at=None)
    tick()

    assert not ProviderToken.objects.exists()
    assert Entry.objects.get(verb="grant.revoked").data["confirmed"] is False


def test_a_provider_that_was_switched_off_is_forgotten(signed_in: Client, settings: Any) -> None:
    signed_in.post("/accounts/logout/")
    settings.PROVIDERS = {}
    pass_time()
    tick()

    assert not ProviderToken.objects.exists()


# ---------- With a certified issuer ----------


def ask_for_next(oidc: str, refresh: str) -> httpx.Response:
    asked = CLIENT | {"grant_type": "refresh_token", "refresh_token": refresh}
    return httpx.post(f"{oidc}/token", data=asked)


def test_an_issuer_renews_and_rotates(client: Client, oidc: str) -> None:
    client.get(at_issuer(leave(client, "oidc")))
    first = token().grant()
    make_due()
    tick()

    assert token().grant().refresh != first.refresh
    assert token().grant().access != first.access
    assert is_signed_in(client)


def test_a_refresh_token_that_somebody_replayed_ends_the_session(client: Client, oidc: str) -> None:
    """The issuer takes back all of it: whoever replayed it may be a thief."""
    client.get(at_issuer(leave(client, "oidc")))
    stolen = token().grant().refresh
    make_due()
    tick()
    assert ask_for_next(oidc, stolen).json()["error"] == "invalid_grant"

    make_due()
    tick()

    assert verbs() == ["grant.refused"]
    assert client.get("/").status_code == 302


def test_an_issuer_takes_the_token_back(client: Client, oidc: str) -> None:
    client.get(at_issuer(leave(client, "oidc")))
    held = token().grant()
    client.post("/accounts/logout/")
    pass_time()
    tick()

    assert Entry.objects.get(verb="grant.revoked").data["confirmed"] is True
    assert ask_for_next(oidc, held.refresh).json()["error"] == "invalid_grant"
