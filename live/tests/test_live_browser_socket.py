"""/ws/live through a real server and a real client."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from django.conf import LazySettings, settings
from django.utils.translation import get_language
from websockets.asyncio.client import ClientConnection, connect

from live import connections, consumers, frames
from live import hub as hub_module
from live.hub import Hub
from live.tests.talk import closing_code, heard, said, tell
from live.tests.wire import ADA, BO, PEOPLE, Board, commit, eventually, quietly, registered

Browse = Callable[..., AbstractAsyncContextManager[ClientConnection]]


@pytest.fixture
def browse(address: str) -> Browse:
    """A page of this person's, past the hello."""

    @asynccontextmanager
    async def open_page(person: str = "ada", **options: Any) -> AsyncIterator[ClientConnection]:
        headers = {"x-person": person}
        async with connect(f"{address}/ws/live", additional_headers=headers, **options) as page:
            yield page

    return open_page


async def test_a_page_listens_and_gets_fragments(browse: Browse, board: Board) -> None:
    with registered(board.topic()):
        async with browse() as page:
            assert (await said(page))["type"] == "hello"
            await tell(page, type="listen", topic="board")
            listening = await said(page)
            assert (listening["type"], listening["topic"], listening["key"]) == ("listening", "board", "")
            await commit(("board", 7, 1))
            fragments = await said(page)
            assert fragments["at"] >= listening["cursor"]
            assert fragments["items"] == {"7": {"html": "Operator sees 7"}}


async def test_a_page_that_comes_back_with_its_cursor_gets_what_it_missed(browse: Browse, board: Board) -> None:
    board.missed = ["7"]
    with registered(board.topic()):
        async with browse() as page:
            await tell(page, type="listen", topic="board", since=frames.cursor())
            assert (await heard(page, "fragments"))["items"] == {"7": {"html": "Operator sees 7"}}


async def test_the_language_of_the_page_is_the_language_of_its_fragments(browse: Browse) -> None:
    topic = Board().topic(render=lambda organization, keys, audience: dict.fromkeys(keys, get_language()))
    with registered(topic):
        async with browse() as german, browse() as unknown:
            await tell(german, type="listen", topic="board", language="de-AT")
            await tell(unknown, type="listen", topic="board", language="tlh")
            await heard(german, "listening")
            await heard(unknown, "listening")
            await commit(("board", 7, 1))
            assert (await heard(german, "fragments"))["items"] == {"7": "de"}
            assert (await heard(unknown, "fragments"))["items"] == {"7": settings.LANGUAGE_CODE}


async def test_a_page_that_no_longer_listens_hears_no_more(browse: Browse, board: Board) -> None:
    with registered(board.topic()):
        async with browse() as page:
            await tell(page, type="listen", topic="board")
            await heard(page, "listening")
            await tell(page, type="unlisten", topic="board")
            await tell(page, type="unlisten", topic="board")
            await tell(page, type="ping")
            await heard(page, "pong")
            await commit(("board", 7, 1))
            await quietly()
            await tell(page, type="ping")
            assert (await said(page))["type"] == "pong"


async def test_a_stranger_is_turned_away(browse: Browse) -> None:
    async with browse("nobody") as page:
        assert await closing_code(page) == connections.ENDED


async def test_when_it_cannot_be_told_who_it_is_the_page_tries_again(
    browse: Browse, caplog: pytest.LogCaptureFixture
) -> None:
    async with browse("broken") as page:
        assert await closing_code(page) == connections.TRY_AGAIN


@pytest.mark.parametrize(
    "origin, welcome",
    [
        ("http://{host}", True),
        ("https://{host}", True),
        ("https://ops.chameleon.example", True),
        ("https://evil.example", False),
        ("http://ops.chameleon.example", False),
        ("https://chameleon.example.evil.example", False),
        ("null", False),
    ],
)
async def test_a_session_is_only_used_by_our_own_pages(
    browse: Browse, address: str, settings: LazySettings, origin: str, *, welcome: bool
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.chameleon.example"]
    async with browse(origin=origin.format(host=address.removeprefix("ws://"))) as page:
        if welcome:
            assert (await said(page))["type"] == "hello"
        else:
            assert await closing_code(page) == connections.REVOKED


@pytest.mark.parametrize(
    "frame, code",
    [
        ("", "not_json"),
        ("hello", "not_json"),
        ("NaN", "not_json"),
        ('{"type": "listen", "topic": "bo', "not_json"),
        ("[]", "bad_frame"),
        ("7", "bad_frame"),
        ("null", "bad_frame"),
        ("{}", "bad_frame"),
        ('{"type": 7}', "bad_frame"),
        ('{"type": "dance"}', "bad_frame"),
        ('{"type": "listen"}', "bad_frame"),
        ('{"type": "listen", "topic": 7}', "bad_frame"),
        ('{"type": "listen", "topic": "board", "key": {}}', "bad_frame"),
        ('{"type": "listen", "topic": "board", "key": "\\u0000"}', "bad_frame"),
        ('{"type": "listen", "topic": "board", "since": "yesterday"}', "bad_frame"),
        ('{"type": "listen", "topic": "board", "since": "2026-11-21T10:00:00"}', "bad_frame"),
        ('{"type": "listen", "topic": "nothing like it"}', "not_there"),
        ('{"type": "listen", "topic": "for programs"}', "not_there"),
        (f'{{"type": "listen", "topic": "{"x" * 101}"}}', "bad_frame"),
        ('{"type": "listen", "topic": "board", "x": ' + "[" * 20_000 + "]" * 20_000 + "}", "bad_frame"),
        ('{"type": "ping", "x": "' + "x" * 65_536 + '"}', "too_large"),
        (b'{"type": "ping"}', "not_text"),
        (b"\xff\x00", "not_text"),
    ],
)
async def test_a_bad_frame_is_answered_and_the_socket_lives(
    browse: Browse, board: Board, frame: str | bytes, code: str
) -> None:
    with registered(board.topic(), board.topic("for programs", program=True)):
        async with browse() as page:
            await page.send(frame)
            answer = await heard(page, "error")
            assert answer["code"] == code
            assert answer["detail"]
            await tell(page, type="listen", topic="board")
            assert (await said(page))["type"] == "listening"


async def test_a_listener_who_may_not_is_told_which_topic(browse: Browse, board: Board) -> None:
    board.refused = {ADA.pk}
    with registered(board.topic()):
        async with browse() as page:
            await tell(page, type="listen", topic="board", key="7")
            answer = await heard(page, "error")
            assert (answer["code"], answer["topic"], answer["key"]) == ("not_allowed", "board", "7")


async def test_a_failure_inside_a_topic_is_not_told_in_detail(
    browse: Browse, board: Board, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(actor: Any) -> Any:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(board, "audience", fail)
    with registered(board.topic()):
        async with browse() as page:
            await tell(page, type="listen", topic="board")
            answer = await heard(page, "error")
            assert answer["code"] == "internal"
            assert "hunter2" not in json.dumps(answer)


async def test_a_flood_is_slowed_down_and_the_socket_lives(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "FRAMES_A_SECOND", 10.0)
    async with browse() as page:
        for _ in range(int(consumers.BURST) + 200):
            await tell(page, type="ping")
        assert (await heard(page, "error"))["code"] == "slow_down"
        await asyncio.sleep(0.3)
        await tell(page, type="listen", topic="nothing")
        assert (await heard(page, "error"))["code"] == "not_there"


async def test_one_more_connection_than_allowed_is_turned_away(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MOST_CONNECTIONS", 1)
    async with browse() as first, browse() as second, browse("bo") as third:
        assert await closing_code(second) == connections.TOO_MANY
        assert (await said(first))["type"] == (await said(third))["type"] == "hello"


async def test_a_closed_page_leaves_nothing_behind(browse: Browse, hub: Hub, board: Board) -> None:
    with registered(board.topic()):
        async with browse() as page:
            await tell(page, type="listen", topic="board")
            await heard(page, "listening")
            assert hub.figures()["connections"] == hub.figures()["listeners"] == 1
        await eventually(lambda: not hub.figures()["connections"])
        assert hub.figures()["listeners"] == 0
        assert hub._lanes == {}


async def test_a_page_that_stops_reading_is_dropped_and_its_neighbour_misses_nothing(
    browse: Browse, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CLOSING_SECONDS", 0.2)
    big = "x" * 500_000
    topic = Board().topic(render=lambda organization, keys, audience: dict.fromkeys(keys, big))
    options: dict[str, Any] = {"max_size": None, "compression": None}
    with registered(topic):
        async with browse("ada", **options) as reader, browse("bo", max_queue=1, **options) as sleeper:
            for page in (reader, sleeper):
                await tell(page, type="listen", topic="board")
                await heard(page, "listening")
            sleeper.transport.pause_reading()
            for number in range(connections.QUEUE * 2):
                await commit(("board", number, 1))
                assert str(number) in (await heard(reader, "fragments"))["items"]
                if hub.figures()["dropped"]:
                    break
            await eventually(lambda: hub.figures()["dropped"] == 1)
            assert hub.figures()["connections"] == 1
            sleeper.transport.abort()


async def test_who_is_expelled_is_told_so(browse: Browse, hub: Hub) -> None:
    async with browse("bo") as page:
        await heard(page, "hello")
        PEOPLE["bo"] = None
        await commit(("accounts.membership", BO.pk, 1))
        assert await closing_code(page) == connections.REVOKED
