"""Rates: a caller past its own is told when to come back; a guesser of keys is slowed, its neighbours are not."""

import json

import pytest

from chameleon.rates import rated


@pytest.fixture
def call(settings):
    """`await call(key="a")` -> (status, headers, body), against an app that knows only the key "good"."""
    settings.RATE_PER_KEY, settings.RATE_PER_STRANGER = 2, 1

    async def app(scope, receive, send):
        known = dict(scope["headers"]).get(b"authorization") == b"good"
        await send({"type": "http.response.start", "status": 200 if known else 401, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    served = rated(app)

    async def make(*, key="", path="/api/units", address="10.0.0.1", method="POST"):
        headers = [(b"authorization", key.encode())] if key else []
        sent = []

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": method, "path": path, "headers": headers, "client": (address, 1)}
        await served(scope, None, send)
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

    return make


async def test_a_key_past_its_rate_is_told_when_to_come_back(call):
    statuses = [(await call(key="good"))[0] for _ in range(5)]
    status, headers, body = await call(key="good")

    assert statuses[:4] == [200, 200, 200, 200]
    assert status == 429
    assert int(headers[b"retry-after"]) >= 1
    assert json.loads(body)["status"] == 429


async def test_a_client_of_another_system_is_told_in_its_own_words(call):
    path = "/humanlayer/v1/function_calls"
    for _ in range(5):
        status, headers, body = await call(key="good", path=path)

    assert (status, headers[b"content-type"]) == (429, b"application/json")
    assert json.loads(body)["error"]["code"] == "rate_limited"


async def test_guessing_keys_is_slowed_while_a_good_key_behind_the_same_address_goes_on(call):
    await call(key="good")
    statuses = [(await call(key=f"guess-{number}"))[0] for number in range(12)]

    assert statuses[:10] == [401] * 10
    assert statuses[-1] == 429
    assert (await call(key="good"))[0] == 200
    assert (await call(key="guess-99", address="10.0.0.2"))[0] == 401


async def test_pages_are_not_counted(call):
    assert [(await call(path="/"))[0] for _ in range(20)] == [401] * 20
