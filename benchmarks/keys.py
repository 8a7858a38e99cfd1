"""What it costs to know who calls: keys and access tokens, remembered and not, tokens given, passwords checked.

In this process against a database of its own; `in_the_path` is the whole of it in front of a call, as the fast lane
and the rates do it. Sign-in is Argon2 as installed, without the wire. All are CPU, not time passed.
"""

import argparse
import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from benchmarks.site import Site, running


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    seconds = parser.parse_args().seconds
    with running() as site:
        print(json.dumps(_measure(site, seconds / 5)))


def _measure(site: Site, seconds: float) -> dict[str, Any]:
    os.environ |= {"DATABASE_URL": site.database, "DJANGO_SETTINGS_MODULE": "chameleon.settings", "REDIS_URL": ""}
    import django

    django.setup()
    from django.contrib.auth import authenticate

    from accounts import actions
    from accounts.queries import membership_of_bearer

    membership = membership_of_bearer(site.key)
    token = actions.issue_tokens(actor=membership)
    return {
        **asyncio.run(_in_a_loop(site.key, token.access, seconds)),
        "key_asked_of_the_database_us": _each(lambda: membership_of_bearer(site.key), seconds),
        "token_asked_of_the_database_us": _each(lambda: membership_of_bearer(token.access), seconds),
        "token_given_us": _each(lambda: actions.issue_tokens(actor=membership), seconds),
        "password_checked_us": _each(lambda: authenticate(username=site.username, password=site.password), seconds),
    }


async def _in_a_loop(key: str, token: str, seconds: float) -> dict[str, float]:
    """What a call waits for: the rates around nothing at all, less the same nothing without them."""
    from accounts.keyring import membership_for
    from chameleon.rates import rated
    from kit.database import OrmThreads

    async def nothing(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        pass

    def call(app: Any, text: str) -> Callable[[], Awaitable[Any]]:
        headers = [(b"authorization", f"Bearer {text}".encode())]
        scope = {"type": "http", "method": "POST", "path": "/api/units", "headers": headers, "client": ("127.0.0.1", 1)}
        return lambda: app(scope, None, send)

    threads = OrmThreads("bench", 1)
    bare = await _each_in_turn(call(nothing, key), seconds)
    return {
        "key_remembered_us": await _each_in_turn(lambda: membership_for(key, threads), seconds),
        "token_remembered_us": await _each_in_turn(lambda: membership_for(token, threads), seconds),
        "key_and_rates_in_the_path_us": round(await _each_in_turn(call(rated(nothing), key), seconds) - bare, 2),
        "token_and_rates_in_the_path_us": round(await _each_in_turn(call(rated(nothing), token), seconds) - bare, 2),
    }


async def _each_in_turn(work: Callable[[], Awaitable[Any]], seconds: float) -> float:
    """CPU of the event loop's thread: what others on the machine do is none of it."""
    await work()
    until, began, done = time.perf_counter() + seconds, time.thread_time(), 0
    while time.perf_counter() < until:
        for _again in range(100):
            await work()
        done += 100
    return round((time.thread_time() - began) / done * 1e6, 2)


def _each(work: Callable[[], Any], seconds: float) -> float:
    """CPU of this process, without the database's."""
    work()
    until, began, done = time.perf_counter() + seconds, time.process_time(), 0
    while time.perf_counter() < until:
        work()
        done += 1
    return round((time.process_time() - began) / done * 1e6, 1)


if __name__ == "__main__":
    main()
