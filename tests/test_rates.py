"""Rates: a caller past its own is told when to come back, in whichever process; a guesser of keys is slowed."""

import asyncio
import json
import time

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection

from accounts import rates
from accounts.models import Membership, Spent
from accounts.rates import Limit, Meter, as_caller, exchange, spend
from audit.models import Entry
from chameleon import rates as door
from chameleon.rates import class_of, rated
from tests.tools import redis_url

MANY = (1_000, 10)
GOOD = "chm_good"


@pytest.fixture
def limits(settings):
    """All wide open but for what a test narrows."""
    settings.RATES = dict.fromkeys(settings.RATES, MANY)
    settings.REDIS_URL = ""
    rates.limit_of.cache_clear()
    yield settings.RATES
    rates.limit_of.cache_clear()


@pytest.fixture
def clock(monkeypatch):
    """A window has just begun, and does not end."""
    now = [4_000_000_000.0]  # far off: what has ended is swept, and forgotten by Redis
    monkeypatch.setattr(time, "time", lambda: now[0])
    return now


@pytest.fixture
def call(limits, clock, monkeypatch):
    """`await call(key=...)` -> (status, headers, body), against an application that knows the keys that begin well."""
    told = []

    async def who(header, threads):
        name = header.decode()
        if not name.startswith("good"):
            return None
        caller = Membership(pk=1, pilot_id=int(name.partition("of")[2] or 1))
        caller.key_id = name
        return caller

    monkeypatch.setattr(door, "bearer_of", who)
    monkeypatch.setattr(door, "_was_good", lambda header, session: header.startswith(b"good"))
    monkeypatch.setattr(door, "_note_guessing", lambda *about: told.append(about))
    monkeypatch.setattr(door, "exchange", lambda counts, ends: {})

    async def app(scope, receive, send):
        known = dict(scope["headers"]).get(b"authorization", b"").startswith(b"good")
        await send({"type": "http.response.start", "status": 200 if known else 401, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    served = rated(app)

    async def make(*, key="", path="/api/units", address="10.0.0.1", method="POST", **more):
        headers = [(b"authorization", key.encode())] if key else []
        headers += [(name.replace("_", "-").encode(), said.encode()) for name, said in more.items()]
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": (address, 1)}
        await served(scope, None, send)
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

    make.told = told
    return make


async def statuses(call, times, **about):
    return [(await call(**about))[0] for _ in range(times)]


@pytest.mark.parametrize(
    "method, path, kind",
    [
        ("POST", "/api/units", "submit"),
        ("POST", "/api/units/batch", "submit"),
        ("POST", "/api/interventions", "submit"),
        ("POST", "/api/interventions/01a1/approve", "decide"),
        ("POST", "/api/kill-switch", "decide"),
        ("GET", "/api/interventions/01a1", "read"),
        ("POST", "/api/auth/token", "token"),
        ("GET", "/api/auth/me", "read"),
        ("POST", "/humanlayer/v1/function_calls", "submit"),
        ("POST", "/humanlayer/v1/agent/function_calls/x/respond", "decide"),
        ("GET", "/scim/v2/Users", "provision"),
        ("POST", "/accounts/login/", "sign-in"),
        ("GET", "/accounts/login/", ""),
        ("GET", "/invitations/a-secret", "sign-in"),
        ("POST", "/invitation", "sign-in"),
        ("GET", "/invitation", ""),
        ("POST", "/interventions/01a1/approval", "act"),
        ("POST", "/interventions/bulk", "act"),
        ("POST", "/stops", "act"),
        ("POST", "/keys", "manage"),
        ("POST", "/admin/guardians/gate/add/", "manage"),
        ("DELETE", "/nowhere", "manage"),
        ("GET", "/", ""),
    ],
)
def test_each_call_is_of_one_class(method, path, kind):
    assert class_of({"method": method, "path": path}) == kind


async def test_a_key_past_its_rate_is_told_when_to_come_back(call, limits):
    limits["submit.key"] = (2, 10)
    assert await statuses(call, 3, key="good") == [200, 200, 429]
    status, headers, body = await call(key="good")

    assert status == 429
    assert headers[b"retry-after"] == b"10"
    assert headers[b"ratelimit-policy"] == b'"submit.key";q=2;w=10'
    assert headers[b"ratelimit"] == b'"submit.key";r=0;t=10'
    assert json.loads(body)["status"] == 429
    assert (await call(key="good-too"))[0] == 200


async def test_every_answer_says_how_much_is_left_of_the_tightest_limit(call, limits, clock):
    limits["submit.pilot"] = (5, 60)
    clock[0] += 30
    _status, headers, _body = await call(key="good")

    assert headers[b"ratelimit-policy"] == b'"submit.pilot";q=5;w=60'
    assert headers[b"ratelimit"] == b'"submit.pilot";r=4;t=50'


async def test_the_next_window_begins_anew(call, limits, clock):
    limits["submit.key"] = (1, 10)
    assert await statuses(call, 2, key="good") == [200, 429]
    clock[0] += 10

    assert (await call(key="good"))[0] == 200


async def test_all_keys_of_one_pilot_share_its_limit(call, limits):
    limits["submit.pilot"] = (2, 10)

    assert [(await call(key=key))[0] for key in ("good-a-of7", "good-b-of7", "good-c-of7", "good-of8")] == [
        200,
        200,
        429,
        200,
    ]


async def test_an_address_has_a_limit_for_all_behind_it(call, limits):
    limits["read.address"] = (2, 10)

    assert [(await call(key=f"good-{n}-of{n}", method="GET"))[0] for n in range(3)] == [200, 200, 429]
    assert (await call(key="good-3-of3", method="GET", address="10.0.0.2"))[0] == 200


async def test_classes_do_not_use_up_each_other(call, limits):
    limits["decide.key"] = (1, 10)

    assert await statuses(call, 2, key="good", path="/api/interventions/x/approve") == [200, 429]
    assert (await call(key="good"))[0] == 200


async def test_a_client_of_another_system_is_told_in_its_own_words(call, limits):
    limits["submit.key"] = (1, 10)
    path = "/humanlayer/v1/function_calls"
    await call(key="good", path=path)
    status, headers, body = await call(key="good", path=path)

    assert (status, headers[b"content-type"]) == (429, b"application/json")
    assert json.loads(body)["error"]["code"] == "rate_limited"


async def test_guessing_keys_is_slowed_while_a_good_key_behind_the_same_address_goes_on(call, limits):
    limits["unknown.address"] = (10, 10)
    found = [(await call(key=f"guess-{number}"))[0] for number in range(13)]

    assert found == [401] * 10 + [429] * 3
    assert (await call(key="good"))[0] == 200
    assert (await call(key="guess-99", address="10.0.0.2"))[0] == 401


async def test_a_burst_of_guesses_is_told_of_once(call, limits):
    limits["unknown.address"] = (1, 10)
    await statuses(call, 5, key="guess")
    await asyncio.sleep(0.05)

    assert call.told == [("10.0.0.1", "key")]


@pytest.fixture
def browser(call, monkeypatch):
    """`await browser("good-of7", path)`: what a page sends in this session."""

    async def behind(session, threads):
        name, _of, pilot = session.partition("of")
        return Membership(pk=1, pilot_id=int(pilot)) if name.startswith("good") else None

    monkeypatch.setattr(door, "_behind", behind)

    async def send(session, path="/interventions/01a1/approval", **about):
        return await call(path=path, cookie=f"sessionid={session}", **about)

    return send


async def test_what_a_page_sends_counts_for_its_session_its_pilot_and_its_address(browser, limits):
    limits["act.key"], limits["act.pilot"], limits["act.address"] = (2, 10), (3, 10), (5, 10)
    tried = ["good-a-of7"] * 3 + ["good-b-of7"] * 2 + ["good-c-of8", "good-d-of9", "nobody"]
    told = [dict((await browser(session))[1]) for session in tried]

    assert [headers[b"ratelimit"].split(b";")[0] if b"retry-after" in headers else b"" for headers in told] == [
        b"", b"", b'"act.key"', b"", b'"act.pilot"', b"", b"", b'"act.address"'
    ]  # fmt: skip


async def test_a_page_cannot_slip_out_by_sending_a_key_as_well(browser, limits):
    limits["act.key"] = (1, 10)

    assert [(await browser("good-of7", key=f"x{n}"))[0] for n in range(2)][1] == 429


@pytest.mark.parametrize("before", ["a b c; ", 'x="; ', "[]=1; ", "sessionid=none; a@b=1; "])
async def test_a_page_cannot_slip_out_by_an_odd_cookie(browser, call, limits, before):
    """Django overlooks what it cannot read, and lets the session in; so it has to be counted."""
    limits["act.key"] = (1, 10)
    path, cookie = "/interventions/01a1/approval", f"{before}sessionid=good-of7"

    assert [(await call(path=path, cookie=cookie))[0] for _ in range(2)][1] == 429


async def test_managing_does_not_use_up_deciding_nor_guesses_of_a_neighbour(browser, call, limits):
    limits["manage.pilot"], limits["unknown.address"] = (1, 10), (1, 10)
    await statuses(call, 3, key="guess")

    assert [(await browser("good-of7", "/keys"))[0] for _ in range(2)][1] == 429
    assert (await browser("good-of7"))[0] != 429


async def test_a_page_is_told_on_a_page_and_a_part_of_one_in_a_line(browser, limits):
    limits["act.key"] = limits["sign-in.address"] = (1, 10)
    for path in ("/interventions/01a1/approval", "/accounts/login/"):
        await browser("good-of7", path)
    _status, headers, page = await browser("good-of7", accept_language="de")
    _status, _headers, line = await browser("good-of7", hx_request="true")
    _status, _headers, door_page = await browser("good-of7", "/accounts/login/")

    assert headers[b"content-type"] == b"text/html; charset=utf-8"
    assert headers[b"retry-after"] == b"10"
    assert b'<html lang="de"' in page
    assert line == b"Too many requests; try again a little later."
    assert b"Back to sign in" in door_page


async def test_hammering_at_the_door_is_told_of(call, limits):
    limits["sign-in.address"] = (2, 10)
    found = await statuses(call, 4, path="/invitations/some-secret", method="GET")
    await asyncio.sleep(0.05)

    assert found == [401, 401, 429, 429]
    assert call.told == [("10.0.0.1", "sign-in")]


async def test_reading_pages_is_not_counted(call, limits):
    limits["unknown.address"] = (1, 10)

    assert await statuses(call, 20, path="/", method="GET") == [401] * 20


async def test_a_socket_with_an_unknown_key_counts_as_a_guess(limits, clock, monkeypatch):
    monkeypatch.setattr(door, "_note_guessing", lambda *about: None)
    monkeypatch.setattr(door, "exchange", lambda counts, ends: {})
    limits["unknown.address"] = (2, 10)

    async def app(scope, receive, send):
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4401})

    async def dial():
        sent = []

        async def send(message):
            sent.append(message)

        async def receive():
            return {"type": "websocket.connect"}

        await rated(app)({"type": "websocket", "path": "/ws/interventions", "client": ("10.0.0.1", 1)}, receive, send)
        return sent[-1]["code"]

    assert [await dial() for _ in range(4)] == [4401, 4401, 4429, 4429]


def test_an_address_of_ipv6_counts_as_its_network():
    assert as_caller("2001:db8:1:2:3:4:5:6") == as_caller("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert as_caller("::ffff:203.0.113.9") == as_caller("203.0.113.9") == "203.0.113.9"
    assert as_caller("a socket") == "a socket"


# What processes share

LIMIT = Limit("submit.key", 10, 10)


@pytest.fixture(params=["postgres", "redis"])
def store(request, db, settings, clock):
    """Both stores, one after the other."""
    settings.REDIS_URL = redis_url() if request.param == "redis" else ""
    if settings.REDIS_URL:
        client = rates._redis(settings.REDIS_URL)
        ours = f"{rates.PREFIX}{LIMIT.name}:*"
        for key in client.scan_iter(ours):
            client.delete(key)


def trade(*meters):
    for meter in meters:
        sent = {window: window.fresh for window in meter.to_tell(time.time())}
        counts = {window.bucket: fresh for window, fresh in sent.items()}
        meter.learn(exchange(counts, {window.bucket: window.ends for window in sent}), sent)


def test_what_one_process_lets_in_another_one_counts(store):
    here, there = Meter(), Meter()
    for meter, calls in ((here, 4), (there, 3)):
        meter.window(LIMIT, "k1", time.time()).fresh += calls
    trade(here, there, here)

    assert there.window(LIMIT, "k1", time.time()).left == 3
    here.window(LIMIT, "k1", time.time()).fresh += 1
    trade(here)
    assert here.window(LIMIT, "k1", time.time()).left == 2
    assert here.window(LIMIT, "k2", time.time()).left == 10


def test_what_was_let_in_during_an_exchange_stays_counted(store):
    meter = Meter()
    window = meter.window(LIMIT, "k1", time.time())
    window.fresh = 4
    told = exchange({window.bucket: 4}, {window.bucket: window.ends})
    window.fresh += 2
    meter.learn(told, {window: 4})

    assert (window.known, window.fresh, window.left) == (4, 2, 4)


def test_where_each_try_matters_the_store_is_asked_at_once(store):
    assert [spend(LIMIT, "somebody") for _ in range(3)] == [1, 2, 3]
    assert spend(LIMIT, "somebody", -1) == 2


def test_without_the_store_a_process_goes_on_by_its_own_count(settings, clock, caplog, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(rates._alone, "_spent", {})
    meter = Meter()
    meter.window(LIMIT, "k1", time.time()).fresh += 10
    trade(meter)

    assert meter.window(LIMIT, "k1", time.time()).left == 0
    assert [spend(LIMIT, "somebody") for _ in range(3)] == [1, 2, 3]
    assert "in this process alone" in caplog.text


def test_counts_in_postgres_survive_no_crash_and_are_swept(db, settings, clock, monkeypatch):
    settings.REDIS_URL = ""
    clock[0] = 1_000_000_000.0
    monkeypatch.setattr(rates._sweeping, "_at", time.monotonic())
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'accounts_spent'")
        assert cursor.fetchone() == ("u",)
        spend(LIMIT, "somebody")
        assert Spent.objects.count() == 1
        cursor.execute(rates.SWEEP)
    assert not Spent.objects.exists()


def test_a_process_remembers_no_more_callers_than_it_should(monkeypatch, clock):
    monkeypatch.setattr(rates, "MOST_CALLERS", 3)
    meter = Meter()
    for caller in "abcd":
        meter.window(LIMIT, caller, time.time()).fresh += 1

    assert len(meter.to_tell(time.time())) == 3


def test_a_burst_is_in_the_ledger_of_whoever_runs_the_installation(organization, elsewhere, limits, clock):
    door._note_guessing("203.0.113.9", "key")
    door._note_guessing("203.0.113.9", "key")
    told = Entry.objects.filter(verb="access.slowed")

    assert [(line.organization, line.data) for line in told] == [
        (organization, {"address": "203.0.113.9", "what": "key"})
    ]


def test_guesses_at_a_password_are_in_the_ledger_of_the_accounts_organization_once(client, ada, cy, limits, clock):
    limits["password.name"] = (3, 300)
    for _try in range(6):
        answer = client.post("/accounts/login/", {"login": "cy", "password": "wrong"})

    told = Entry.objects.filter(verb="access.slowed")
    assert "Too many failed login attempts" in answer.content.decode()
    assert [(line.organization_id, line.data["what"]) for line in told] == [(cy.organization_id, "password")]


@pytest.mark.parametrize("way", ["at the door", "again"])
def test_guesses_at_a_code_are_slowed_and_told_of_whatever_the_address(client, max, limits, clock, monkeypatch, way):
    """Behind a known password there are but a million codes."""
    limits["code.name"] = (3, 300)
    TOTP.activate(max.pilot, generate_totp_secret())
    max.pilot.set_password("correct horse battery")
    max.pilot.save()
    address = "/accounts/2fa/authenticate/"
    if way == "again":
        client.force_login(max.pilot, backend="django.contrib.auth.backends.ModelBackend")
        address = "/profile/proof"
        monkeypatch.setattr("accounts.views.proof.ratelimit.consume", lambda *_about, **_more: True)
    else:
        client.post("/accounts/login/", {"login": "max", "password": "correct horse battery"})
    said = [client.post(address, {"code": f"{n:06}"}, REMOTE_ADDR=f"10.0.0.{n}").text for n in range(5)]

    assert ["Too many failed login attempts" in one for one in said] == [False] * 3 + [True] * 2
    told = Entry.objects.filter(verb="access.slowed")
    assert [(line.organization_id, line.data["what"]) for line in told] == [(max.organization_id, "code")]


def test_a_good_password_uses_up_no_tries(client, ada, limits, clock):
    limits["password.name"] = (2, 300)
    ada.pilot.set_password("correct horse battery")
    ada.pilot.save()
    for _sign_in in range(4):
        answer = client.post("/accounts/login/", {"login": "ada", "password": "correct horse battery"})
        assert answer.status_code == 302
        client.logout()
