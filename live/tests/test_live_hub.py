"""From a committed hint to everybody who listens."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.utils.translation import get_language

from kit.errors import NotAllowed, Refusal
from live import connections, lanes
from live import hub as hub_module
from live.hub import Hub
from live.tests.wire import ADA, BO, CY, VI, Board, Person, Socket, commit, eventually, in_thread, quietly, registered


async def test_a_change_reaches_those_who_listen(hub: Hub, board: Board) -> None:
    topic = board.topic()
    all_cards, one_card = await Socket(ADA).listens(topic), await Socket(BO).listens(topic, "7")
    await commit(("board", 7, 1), ("board", 8, 1))
    await eventually(lambda: len(all_cards.items) == 2 and one_card.items)
    assert all_cards.items == {"7": {"html": "Operator sees 7"}, "8": {"html": "Operator sees 8"}}
    assert one_card.items == {"7": {"html": "Operator sees 7"}}


async def test_nothing_crosses_the_wall_between_organizations(hub: Hub, board: Board) -> None:
    topic = board.topic()
    ada, cy = await Socket(ADA).listens(topic), await Socket(CY).listens(topic)
    await commit(("board", "ours", 1))
    await commit(("board", "nobody's", None))
    await commit(("board", "theirs", 2))
    await eventually(lambda: ada.items and cy.items)
    await quietly()
    assert list(ada.items) == ["ours"]
    assert list(cy.items) == ["theirs"]


async def test_each_audience_is_rendered_once_and_shares_one_text(hub: Hub, board: Board) -> None:
    topic = board.topic()
    operators = [await Socket(Person(100 + number)).listens(topic) for number in range(20)]
    viewers = [await Socket(Person(200 + number, role_name="Viewer")).listens(topic) for number in range(20)]
    await commit(("board", 7, 1), ("board", 8, 1))
    await eventually(lambda: all(socket.texts for socket in operators + viewers))
    assert sorted(board.rendered) == [(1, ["7", "8"], (1, "Operator")), (1, ["7", "8"], (1, "Viewer"))]
    assert len({id(socket.texts[0]) for socket in operators}) == 1
    assert operators[0].items["7"] != viewers[0].items["7"]


async def test_each_language_is_an_audience_of_its_own(hub: Hub) -> None:
    topic = Board().topic(render=lambda organization, keys, audience: dict.fromkeys(keys, get_language()))
    english, german = await Socket(ADA).listens(topic), await Socket(BO, language="de").listens(topic)
    await commit(("board", 7, 1))
    await eventually(lambda: english.items and german.items)
    assert (english.items["7"], german.items["7"]) == ("en", "de")


async def test_a_burst_is_rendered_a_few_times_not_a_hundred(hub: Hub, board: Board) -> None:
    ada = await Socket(ADA).listens(board.topic())
    for number in range(30):
        await commit(("board", "busy", 1), ("board", number, 1))
    await eventually(lambda: len(ada.items) == 31)
    assert len(board.rendered) < 25
    assert len([key for _, keys, _ in board.rendered for key in keys if key == "busy"]) == len(board.rendered)


async def test_an_older_rendering_never_overtakes_a_newer_one(hub: Hub) -> None:
    rendered: list[int] = []

    def slow_at_first(organization_id: int, keys: list[str], audience: Any) -> dict[str, Any]:
        rendered.append(number := len(rendered) + 1)
        time.sleep(0.2 / number)
        return dict.fromkeys(keys, number)

    ada = await Socket(ADA).listens(Board().topic(render=slow_at_first))
    for _ in range(3):
        await commit(("board", 7, 1))
        await quietly(0.05)
    await eventually(lambda: ada.items.get("7") == len(rendered) > 1)
    assert [frame["items"]["7"] for frame in ada.frames] == rendered


async def test_what_is_gone_is_said_and_what_is_hidden_is_not(hub: Hub, board: Board) -> None:
    board.gone, board.hidden = {"7"}, {"8"}
    ada = await Socket(ADA).listens(board.topic())
    await commit(("board", 7, 1), ("board", 8, 1), ("board", 9, 1))
    await eventually(lambda: "9" in ada.items)
    assert ada.items == {"7": None, "9": {"html": "Operator sees 9"}}


async def test_nobody_listening_means_nothing_is_rendered(hub: Hub, board: Board) -> None:
    topic = board.topic()
    ada = await Socket(ADA).listens(topic, "7")
    await commit(("board", 8, 1))
    hub.unlisten(ada.connection, "board", "7")
    await commit(("board", 7, 1))
    await quietly()
    assert board.rendered == []
    assert hub.figures()["listeners"] == 0


async def test_too_many_changes_at_once_ask_the_page_to_fetch_itself(hub: Hub, board: Board) -> None:
    topic = board.topic()
    queue, one_card = await Socket(ADA).listens(topic), await Socket(BO).listens(topic, "7")
    await commit(*[("board", number, 1) for number in range(lanes.MOST_KEYS + 1)])
    await eventually(lambda: queue.frames and one_card.frames)
    assert [frame["type"] for frame in queue.frames] == ["reload"]
    assert list(one_card.items) == ["7"]
    assert [keys for _, keys, _ in board.rendered] == [["7"]]


async def test_what_cannot_be_rendered_asks_the_page_to_fetch_itself(
    hub: Hub, board: Board, caplog: pytest.LogCaptureFixture
) -> None:
    board.broken = True
    ada = await Socket(ADA).listens(board.topic())
    await commit(("board", 7, 1))
    await eventually(lambda: ada.frames)
    assert ada.frames[0]["type"] == "reload"
    assert "could not be rendered" in caplog.text
    board.broken = False
    await commit(("board", 7, 1))
    await eventually(lambda: ada.items)


async def test_a_listener_must_be_allowed(hub: Hub, board: Board) -> None:
    board.refused = {VI.pk}
    with pytest.raises(NotAllowed):
        await Socket(VI).listens(board.topic())
    assert hub.figures()["listeners"] == 0


async def test_topics_and_connections_are_bounded(hub: Hub, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MOST_TOPICS", 2)
    monkeypatch.setattr(hub_module, "MOST_CONNECTIONS", 2)
    topic, ada = board.topic(), Socket(ADA)
    await ada.listens(topic, "1")
    await ada.listens(topic, "2")
    await ada.listens(topic, "2")  # again is not more
    with pytest.raises(Refusal):
        await ada.listens(topic, "3")
    Socket(ADA), Socket(BO)
    with pytest.raises(Refusal):
        Socket(ADA)


# Readers that do not read


async def test_a_stuck_reader_is_dropped_and_the_others_get_everything(
    hub: Hub, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "WINDOW_SECONDS", 0.0)
    monkeypatch.setattr(connections, "CLOSING_SECONDS", 0.05)
    topic = board.topic()
    stuck, served = asyncio.Event(), asyncio.Event()

    async def serve_the_stuck_one() -> None:
        socket = await Socket(BO, stuck=True).listens(topic)
        stuck.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            assert socket.connection.ending == connections.TOO_SLOW
        finally:
            hub.disconnect(socket.connection)
            served.set()

    serving = asyncio.create_task(serve_the_stuck_one())
    await stuck.wait()
    ada = await Socket(ADA).listens(topic)
    for number in range(connections.QUEUE + 10):
        await commit(("board", number, 1))
        await eventually(partial(ada.shows, str(number)))
    await served.wait()
    await serving
    assert hub.figures()["dropped"] == 1
    assert hub.figures()["connections"] == 1


# Who may no longer


async def test_a_revoked_listener_is_expelled(hub: Hub, board: Board) -> None:
    topic = board.topic()
    with registered(topic):
        ada, vi = await Socket(ADA).listens(topic), await Socket(VI).listens(topic)
        board.refused = {VI.pk}
        await commit(("accounts.membership", VI.pk, 1))
        await eventually(lambda: vi.code)
        assert vi.code == connections.REVOKED
        assert ada.code is None
        await commit(("board", "secret", 1))
        await eventually(lambda: ada.items)
        assert vi.items == {}


async def test_who_is_no_member_any_more_is_expelled(hub: Hub) -> None:
    ada = Socket(ADA)
    ada.person = None
    await commit(("accounts.membership", ADA.pk, 1))
    await eventually(lambda: ada.code == connections.REVOKED)


async def test_who_signed_out_on_one_page_stays_on_another(hub: Hub) -> None:
    signed_out, elsewhere = Socket(ADA), Socket(ADA)
    signed_out.person = None
    await commit(("accounts.session", ADA.pk, 1))
    await eventually(lambda: signed_out.code == connections.ENDED)
    await quietly()
    assert elsewhere.code is None


async def test_a_new_role_gets_new_fragments_and_reloads_the_old(hub: Hub, board: Board) -> None:
    topic = board.topic()
    with registered(topic):
        ada = await Socket(ADA).listens(topic)
        ada.person = Person(ADA.pk, role_name="Viewer")
        await commit(("accounts.membership", ADA.pk, 1))
        await eventually(lambda: ada.frames)
        assert ada.frames[0]["type"] == "reload"
        await commit(("board", 7, 1))
        await eventually(lambda: ada.items)
        assert ada.items["7"] == {"html": "Viewer sees 7"}
        assert ada.code is None


async def test_an_unchanged_role_changes_nothing(hub: Hub, board: Board) -> None:
    topic = board.topic()
    with registered(topic):
        ada = await Socket(ADA).listens(topic)
        await commit(("accounts.membership", ADA.pk, 1))
        await eventually(lambda: len(board.asked) == 2)
        await quietly()
        assert (ada.frames, ada.code) == ([], None)


async def test_a_session_that_just_ran_out_is_found_out(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    ada = Socket(ADA)
    ada.person = None
    monkeypatch.setattr(hub_module, "ASK_AGAIN_SECONDS", 0.6)
    asking = asyncio.create_task(hub._keep_asking())
    await eventually(lambda: ada.code == connections.ENDED)
    asking.cancel()


async def test_when_nobody_can_tell_who_it_is_the_listener_comes_back_later(
    hub: Hub, caplog: pytest.LogCaptureFixture
) -> None:
    ada = Socket(ADA)

    async def broken() -> Person:
        raise OSError("no database")

    ada.connection.resolve = broken
    await commit(("accounts.membership", ADA.pk, 1))
    await eventually(lambda: ada.code == connections.TRY_AGAIN)


async def test_anyone_can_be_expelled_by_a_question(hub: Hub) -> None:
    ada, bo = Socket(ADA), Socket(BO)
    assert hub.expel(lambda socket: socket.actor.pk == ADA.pk) == 1
    await eventually(lambda: ada.code == connections.REVOKED)
    assert bo.code is None


# Who was away


async def test_who_comes_back_gets_what_was_missed(hub: Hub, board: Board) -> None:
    board.missed = ["7", "8"]
    since = datetime.now(UTC) - timedelta(minutes=1)
    ada = await Socket(ADA).listens(board.topic(), since=since)
    await eventually(lambda: len(ada.items) == 2)
    assert board.missed_since == [since.replace(microsecond=0)]


async def test_who_was_away_too_long_reloads(hub: Hub, board: Board) -> None:
    board.missed = None
    ada = await Socket(ADA).listens(board.topic(), since=datetime.now(UTC))
    await eventually(lambda: ada.frames)
    assert ada.frames[0]["type"] == "reload"
    assert board.rendered == []


async def test_those_who_come_back_together_are_asked_for_once(hub: Hub, board: Board) -> None:
    board.missed = ["7"]
    topic, since = board.topic(), datetime.now(UTC).replace(microsecond=0)
    first = await Socket(ADA).listens(topic)
    hub._lane(first.connection, topic)._task = asyncio.current_task()  # the lane is busy
    crowd = [await Socket(Person(100 + number)).listens(topic, since=since) for number in range(30)]
    lane = hub._lane(first.connection, topic)
    lane._task = None
    lane._wake()
    await eventually(lambda: all(socket.items for socket in crowd))
    assert len(board.missed_since) == 1
    assert len(board.rendered) == 1
    assert first.items == {}


async def test_a_lost_bus_is_found_again_and_everybody_catches_up(
    hub: Hub, board: Board, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    forgotten: list[tuple[str | None, int | None]] = []
    monkeypatch.setitem(
        hub_module._callbacks, "keys", [lambda key, organization: forgotten.append((key, organization))]
    )
    ada = await Socket(ADA).listens(board.topic())
    board.missed = ["7"]
    async with hub.watch("work.unit", 1) as watch:
        await _cut_the_bus(hub)
        assert await watch.changed(5)
    await eventually(lambda: ada.items)
    assert forgotten == [(None, None)]
    assert hub.figures()["lost"] == 1
    assert "The live bus is lost, trying again in" in caplog.text
    assert "Traceback" not in caplog.text
    await commit(("board", 8, 1), ("keys", "k", 1))
    await eventually(lambda: "8" in ada.items)
    assert forgotten[1:] == [("k", 1)]


async def _cut_the_bus(hub: Hub) -> None:
    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'chameleon live' AND datname = current_database()"
            )

    await in_thread(cut)
    await eventually(lambda: not hub.is_listening)
    await eventually(lambda: hub.is_listening)


# Topics that render themselves


async def test_a_topic_with_a_beat_speaks_while_somebody_listens(hub: Hub, board: Board) -> None:
    topic = board.topic(every=0.05)
    sockets = [await Socket(person).listens(topic) for person in (ADA, BO)]
    await eventually(lambda: all(len(socket.texts) >= 2 for socket in sockets))
    for socket in sockets:
        hub.disconnect(socket.connection)
    rendered = len(board.rendered)
    assert rendered < 10  # for both together
    await quietly()
    assert len(board.rendered) <= rendered + 1
    assert hub._lanes == {}


# Held polls


async def test_a_waiting_caller_is_woken_by_the_change(hub: Hub) -> None:
    waiting = asyncio.create_task(hub.wait_for("work.unit", "u1", 5))
    await asyncio.sleep(0)
    await commit(("work.unit", "u2", 1))
    await quietly(0.05)
    assert not waiting.done()
    await commit(("work.unit", "u1", 1))
    assert await waiting is True


async def test_a_change_between_entering_and_waiting_is_not_lost(hub: Hub) -> None:
    async with hub.watch("work.unit", "u1") as watch:
        await commit(("work.unit", "u1", 1))
        await eventually(lambda: hub.figures()["hints"])
        assert await watch.changed(0)
        assert not await watch.changed(0.01)
        await commit(("work.unit", "u1", 1))
        assert await watch.changed(5)


async def test_waiting_ends_when_the_time_is_up(hub: Hub) -> None:
    assert await hub.wait_for("work.unit", "u1", 0.02) is False
    assert await hub.wait_for("work.unit", "u1", 0) is False
    assert hub.figures()["watches"] == 0


async def test_a_caller_who_hangs_up_leaves_nothing_behind(hub: Hub) -> None:
    waiting = [asyncio.create_task(hub.wait_for("work.unit", number, 60)) for number in range(100)]
    await asyncio.sleep(0.01)
    assert hub.figures()["watches"] == 100
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert hub.figures()["watches"] == 0


async def test_stopping_answers_those_who_wait_and_sends_sockets_away(hub: Hub) -> None:
    waiting, ada = asyncio.create_task(hub.wait_for("work.unit", 1, 60)), Socket(ADA)
    await asyncio.sleep(0)
    await hub.stop()
    assert await waiting is True
    await eventually(lambda: ada.code == connections.RESTARTING)


async def test_a_failing_callback_harms_nobody(hub: Hub, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(key: str | None, organization_id: int | None) -> None:
        raise RuntimeError("a broken cache")

    monkeypatch.setitem(hub_module._callbacks, "board", [fail])
    ada = await Socket(ADA).listens(board.topic())
    await commit(("board", 7, 1))
    await eventually(lambda: ada.items)
