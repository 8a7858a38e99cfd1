"""/ws/interventions through a real server and a real client."""

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.asyncio.client import connect

from kit.errors import BadInput, NotThere
from kit.requests import Actor
from live import connections, consumers, frames, topics
from live.hub import Hub
from live.tests.talk import closing_code, heard, said, tell
from live.tests.wire import PEOPLE, VI, Board, commit, quietly, registered


def dial(address: str, token: str | None = "token-of-ada", **options: Any) -> connect:
    """A program that shows its token in the header."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return connect(f"{address}/ws/interventions", additional_headers=headers | options.pop("headers", {}), **options)


def news(organization_id: int, keys: list[str], audience: Any) -> dict[str, Any]:
    """One frame for each new request, two for an action."""
    told: dict[str, Any] = {}
    for key in keys:
        kind, _colon, request_id = key.partition(":")
        told[key] = [{"type": "new_request", "request_id": request_id}]
        if kind == "acted":
            told[key] = [{"type": kind, "request_id": request_id} for kind in ("action_completed", "status_changed")]
    return told


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The questions programs may ask."""
    monkeypatch.setattr(topics, "_calls", {})

    def get_pending(actor: Actor, frame: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(frame.get("limit", 1), int):
            raise BadInput.field("limit", "a number is needed")
        return {"type": "pending", "results": [actor.name or actor.pk] * frame.get("limit", 1)}

    def request_detail(actor: Actor, frame: dict[str, Any]) -> dict[str, Any]:
        raise NotThere("There is no such request.")

    def get_metrics(actor: Actor, frame: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError("password=hunter2")

    topics.register_call("get_pending", get_pending)
    topics.register_call("request_detail", request_detail)
    topics.register_call("get_metrics", get_metrics)
    return


# Who is there


async def test_a_token_in_the_header_is_enough(address: str) -> None:
    async with dial(address) as program:
        assert (await said(program))["type"] == "hello"


async def test_a_token_in_the_first_frame_is_enough(address: str, calls: None) -> None:
    async with dial(address, token=None) as program:
        await tell(program, type="get_pending")
        assert (await said(program))["code"] == "unauthenticated"
        await tell(program, type="auth", token="token-of-ada")
        assert (await said(program))["type"] == "hello"
        await tell(program, type="get_pending")
        assert (await said(program))["type"] == "pending"
        await tell(program, type="auth", token="token-of-bo")
        assert (await said(program))["code"] == "refused"


async def test_a_session_is_enough(address: str) -> None:
    async with dial(address, token=None, headers={"x-person": "ada"}) as program:
        assert (await said(program))["type"] == "hello"


async def test_a_foreign_page_gets_no_socket_whatever_it_brings(address: str) -> None:
    for token in (None, "token-of-ada"):
        async with dial(address, token=token, headers={"x-person": "ada"}, origin="https://evil.example") as program:
            assert await closing_code(program) == connections.REVOKED


async def test_a_token_that_ended_between_its_look_up_and_the_hello_opens_nothing(address: str, settings: Any) -> None:
    settings.LIVE_TOKEN_RESOLVER = "live.tests.wire.by_token_once"
    async with dial(address) as program:
        assert (await said(program))["type"] == "hello"
        assert await closing_code(program) == connections.ENDED


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Bearer ", "Basic dG9rZW4tb2YtYWRh", "token-of-ada"])
async def test_a_wrong_token_is_refused_even_with_a_session(address: str, header: str) -> None:
    headers = {"Authorization": header, "x-person": "ada"}
    async with dial(address, token=None, headers=headers) as program:
        assert (await said(program))["code"] == "unauthenticated"
        assert await closing_code(program) == connections.ENDED


async def test_a_wrong_token_in_the_first_frame_is_refused(address: str) -> None:
    async with dial(address, token=None) as program:
        await tell(program, type="auth", token="wrong")
        assert (await said(program))["code"] == "unauthenticated"
        assert await closing_code(program) == connections.ENDED


@pytest.mark.parametrize("frame", [{"type": "auth"}, {"type": "auth", "token": 7}, {"type": "auth", "token": ""}])
async def test_a_first_frame_without_a_token_may_be_tried_again(address: str, frame: dict[str, Any]) -> None:
    async with dial(address, token=None) as program:
        await tell(program, **frame)
        assert (await said(program))["code"] == "bad_frame"
        await tell(program, type="auth", token="token-of-ada")
        assert (await said(program))["type"] == "hello"


async def test_who_does_not_say_who_they_are_in_time_is_closed(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "AUTH_SECONDS", 0.05)
    async with dial(address, token=None) as silent, dial(address, token=None) as quick:
        await tell(quick, type="auth", token="token-of-ada")
        assert await closing_code(silent) == connections.ENDED
        await quietly()
        await tell(quick, type="ping")
        assert (await heard(quick, "pong"))["now"]


@pytest.mark.parametrize("query", ["token=token-of-ada", "a=1&access_token=x", "api_key=x"])
async def test_a_token_in_the_url_is_refused(address: str, query: str) -> None:
    headers = {"Authorization": "Bearer token-of-ada"}
    async with connect(f"{address}/ws/interventions?{query}", additional_headers=headers) as program:
        assert (await said(program))["code"] == "token_in_url"
        assert await closing_code(program) == consumers.TOKEN_IN_URL


async def test_a_token_that_ended_ends_the_socket(address: str, hub: Hub) -> None:
    async with dial(address, token="token-of-vi") as program:
        await heard(program, "hello")
        PEOPLE["vi"] = None
        await commit(("accounts.membership", VI.pk, 1))
        assert await closing_code(program) == connections.REVOKED


# Questions


async def test_a_question_is_answered_with_its_number(address: str, calls: None) -> None:
    async with dial(address) as program:
        await tell(program, type="get_pending", limit=2, id="q1")
        assert await heard(program, "pending") == {"type": "pending", "results": [1, 1], "id": "q1"}


@pytest.mark.parametrize(
    "frame, code",
    [
        ({"type": "get_pending", "limit": "many"}, "bad_input"),
        ({"type": "request_detail", "request_id": "x"}, "not_there"),
        ({"type": "get_metrics"}, "internal"),
        ({"type": "drop_tables"}, "unknown_type"),
        ({"type": "subscribe", "since": "yesterday"}, "bad_frame"),
        ({"type": "get_pending", "limit": "\0"}, "bad_frame"),
        ({"type": "get_pending", "limit": 2**60}, "bad_frame"),
        ({"type": ""}, "unknown_type"),
        ({"type": None}, "bad_frame"),
        ([], "bad_frame"),
        ("get_pending", "bad_frame"),
    ],
)
async def test_what_goes_wrong_is_said_and_the_socket_lives(
    address: str, calls: None, frame: Any, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with dial(address) as program:
        await program.send(json.dumps(frame))
        answer = await heard(program, "error")
        assert answer["code"] == code
        assert answer["detail"]
        assert "hunter2" not in answer["detail"]
        await tell(program, type="get_pending")
        await heard(program, "pending")


@pytest.mark.parametrize(
    "text", ['{"type":', "[" * 30_000 + "]" * 30_000, '{"type": "x", "a": ' + "[" * 40 + "]" * 40 + "}"]
)
async def test_malformed_and_deep_frames_are_refused_before_signing_in_too(address: str, text: str) -> None:
    async with dial(address, token=None) as program:
        await program.send(text)
        assert (await said(program))["code"] in {"not_json", "bad_frame"}
        await program.send(b"\x00")
        assert (await said(program))["code"] == "not_text"


async def test_a_refused_field_is_named(address: str, calls: None) -> None:
    async with dial(address) as program:
        await tell(program, type="get_pending", limit="many", id=7)
        answer = await heard(program, "error")
        assert answer["errors"] == [{"field": "limit", "message": "a number is needed"}]
        assert answer["id"] == 7


# What happens


async def test_each_push_is_a_frame_of_its_own_in_order(address: str) -> None:
    with registered(Board().topic("program", program=True, render=news)):
        async with dial(address) as program:
            await tell(program, type="subscribe", id=1)
            assert (await heard(program, "subscribed"))["id"] == 1
            await commit(("program", "new:a", 1), ("program", "acted:b", 1), ("program", "new:theirs", 2))
            pushes = [await said(program) for _ in range(3)]
            assert [(push["type"], push["request_id"]) for push in pushes] == [
                ("new_request", "a"),
                ("action_completed", "b"),
                ("status_changed", "b"),
            ]
            assert all(push["at"] for push in pushes)


async def test_a_burst_of_pushes_does_not_look_like_a_slow_reader(address: str, hub: Hub) -> None:
    with registered(Board().topic("program", program=True, render=news)):
        async with dial(address) as program:
            await tell(program, type="subscribe")
            await heard(program, "subscribed")
            await commit(*[("program", f"new:{number}", 1) for number in range(100)])
            assert [(await said(program))["request_id"] for _ in range(100)] == [str(number) for number in range(100)]
        assert hub.figures()["dropped"] == 0


async def test_a_program_that_comes_back_is_told_what_it_missed(address: str) -> None:
    board = Board(missed=["new:a"])
    with registered(board.topic("program", program=True, render=news)):
        async with dial(address) as program:
            await tell(program, type="subscribe", since=frames.cursor())
            assert (await heard(program, "new_request"))["request_id"] == "a"


async def test_a_program_that_unsubscribed_is_told_no_more(address: str, hub: Hub) -> None:
    with registered(Board().topic("program", program=True, render=news)):
        async with dial(address) as program:
            await tell(program, type="subscribe")
            await tell(program, type="unsubscribe")
            await heard(program, "unsubscribed")
            assert hub.figures()["listeners"] == 0
            await commit(("program", "new:a", 1))
            await quietly()
            await tell(program, type="ping")
            assert (await said(program))["type"] == "pong"


async def test_a_program_gets_the_topics_it_may_hear_and_is_refused_when_there_is_none(address: str) -> None:
    closed, opened = Board(refused={1, 3}), Board(refused={3})
    with registered(closed.topic("one", program=True), opened.topic("two", program=True, render=news)):
        async with dial(address) as ada, dial(address, "token-of-vi") as vi:
            await tell(ada, type="subscribe")
            await tell(vi, type="subscribe")
            await heard(ada, "subscribed")
            assert (await heard(vi, "error"))["code"] == "not_allowed"
            await commit(("one", "new:a", 1), ("two", "new:b", 1))
            assert (await said(ada))["request_id"] == "b"


async def test_metrics_are_computed_once_for_everyone(address: str) -> None:
    computed: list[int] = []

    def metrics(organization_id: int, keys: list[str], audience: Any) -> dict[str, Any]:
        computed.append(organization_id)
        return {"": [{"type": "metrics_update", "pending": len(computed)}]}

    with registered(Board().topic("metrics", program=True, every=0.1, render=metrics)):
        async with dial(address) as one, dial(address) as two, dial(address, "token-of-bo") as three:
            for program in (one, two, three):
                await tell(program, type="subscribe")
            updates = [await heard(program, "metrics_update") for program in (one, two, three)]
            assert {update["pending"] for update in updates} == {1}
    assert computed.count(1) <= 2


async def test_a_slow_question_holds_up_nobody_else(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(actor: Actor, frame: dict[str, Any]) -> dict[str, Any]:
        time.sleep(0.5)
        return {}

    monkeypatch.setattr(topics, "_calls", {"slow": slow})
    with registered(Board().topic("program", program=True, render=news)):
        async with dial(address) as slow_one, dial(address) as quick:
            await tell(quick, type="subscribe")
            await heard(quick, "subscribed")
            await tell(slow_one, type="slow")
            await commit(("program", "new:a", 1))
            started = asyncio.get_running_loop().time()
            await heard(quick, "new_request")
            assert asyncio.get_running_loop().time() - started < 0.4
            await heard(slow_one, "slow")
