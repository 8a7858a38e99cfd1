"""The human path: from the call that asks to the row on an open page, and from the click to the caller's return.

Measured over real sockets by one client process: POST /api/units that is held, its row arriving on /ws/live, a POST
of the decision as the page sends it, and the held GET coming back.
"""

import argparse
import asyncio
import json
import time
from http.cookies import SimpleCookie
from typing import Any

import httpx
import websockets

from benchmarks.site import GATE, Site, percentiles, running

HELD = {"amount": 20_000, "region": "EU", "flagged": False, "name": "n"}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    seconds = parser.parse_args().seconds
    with running() as site:
        print(json.dumps(asyncio.run(_measure(site, seconds))))


async def _measure(site: Site, seconds: float) -> dict[str, Any]:
    visible: list[float] = []
    answered: list[float] = []
    released: list[float] = []
    program = httpx.AsyncClient(base_url=site.url, headers={"Authorization": f"Bearer {site.key}"}, timeout=30)
    async with program, httpx.AsyncClient(base_url=site.url, timeout=30) as pilot:
        await sign_in(pilot, site)
        async with _queue_socket(pilot, site) as socket:
            deadline, number = time.monotonic() + seconds * 2, 0
            while time.monotonic() < deadline:
                number += 1
                unit, seen = await _ask(program, socket, number)
                click, back = await _decide(program, pilot, unit)
                if number > 5:  # the first ones warm the way
                    visible.append(seen)
                    answered.append(click)
                    released.append(back)
    return {
        "created_to_row_on_an_open_page_ms": percentiles(visible),
        "click_to_answer_on_the_page_ms": percentiles(answered),
        "click_to_held_caller_released_ms": percentiles(released),
    }


async def _ask(program: httpx.AsyncClient, socket: Any, number: int) -> tuple[dict[str, Any], float]:
    """Submit a unit that is held, and wait for its row."""
    body = {"gate": GATE, "external_id": f"path-{time.time_ns()}", "title": f"Path {number}", "attributes": HELD}
    started = time.perf_counter()
    posted = asyncio.create_task(program.post("/api/units", json=body))
    while True:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if frame["type"] == "fragments" and any(
            f"Path {number}<" in json.dumps(row) for row in frame["items"].values()
        ):
            took = (time.perf_counter() - started) * 1000
            return (await posted).json(), took


async def _decide(program: httpx.AsyncClient, pilot: httpx.AsyncClient, unit: dict[str, Any]) -> tuple[float, float]:
    """Hold the caller's line, press Approve, and see who hears of it when."""
    held = asyncio.create_task(program.get(f"/api/units/{unit['id']}?wait=20"))
    await asyncio.sleep(0.05)
    click = time.perf_counter()
    pressed = asyncio.create_task(_press(pilot, unit["intervention"]["id"]))
    outcome = (await held).json()
    released = (time.perf_counter() - click) * 1000
    answered = await pressed
    assert outcome["status"] == "active", outcome
    return (answered - click) * 1000, released


async def _press(pilot: httpx.AsyncClient, question: str) -> float:
    token = pilot.cookies["csrftoken"]
    headers = {"X-CSRFToken": token, "HX-Request": "true", "Referer": str(pilot.base_url)}
    answer = await pilot.post(f"/interventions/{question}/approval", data={"reason": ""}, headers=headers)
    answer.raise_for_status()
    return time.perf_counter()


async def sign_in(pilot: httpx.AsyncClient, site: Site) -> None:
    await pilot.get("/accounts/login/")
    form = {
        "login": site.username,
        "password": site.password,
        "csrfmiddlewaretoken": pilot.cookies["csrftoken"],
    }
    answer = await pilot.post("/accounts/login/", data=form, headers={"Referer": site.url})
    if answer.status_code != 302:
        raise SystemExit("The pilot could not sign in.")
    await pilot.get("/")


def _queue_socket(pilot: httpx.AsyncClient, site: Site) -> Any:
    cookies = SimpleCookie({cookie.name: cookie.value for cookie in pilot.cookies.jar if cookie.value})
    header = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    url = site.url.replace("http", "ws") + "/ws/live"
    return _Listening(websockets.connect(url, additional_headers={"Cookie": header, "Origin": site.url}))


class _Listening:
    """A socket that has begun to listen to the queue."""

    def __init__(self, connecting: Any) -> None:
        self._connecting = connecting

    async def __aenter__(self) -> Any:
        self._socket = await self._connecting.__aenter__()
        await self._socket.send(
            json.dumps({"type": "listen", "topic": "interventions.queue", "key": "", "since": None})
        )
        while json.loads(await self._socket.recv())["type"] != "listening":
            pass
        return self._socket

    async def __aexit__(self, *failure: Any) -> None:
        await self._connecting.__aexit__(*failure)


if __name__ == "__main__":
    main()
