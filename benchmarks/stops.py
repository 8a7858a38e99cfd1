"""The kill switch over 10,000 open questions: until its commit, until all is settled, until the last caller knows."""

import argparse
import asyncio
import json
import time
from typing import Any

import httpx
import psycopg

from benchmarks.path import sign_in
from benchmarks.site import GATE, Site, percentiles, running

QUESTIONS, WAITING = 10_000, 50
CALLBACK_EVERY = 10  # one in so many wants to be called back


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0, help="how long at most it may take")
    seconds = max(parser.parse_args().seconds, 60.0)
    with running() as site:
        print(json.dumps(asyncio.run(_measure(site, seconds))))


async def _measure(site: Site, seconds: float) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {site.key}"}
    limits = httpx.Limits(max_connections=WAITING + 4)
    program = httpx.AsyncClient(base_url=site.url, headers=headers, timeout=seconds, limits=limits)
    async with program, httpx.AsyncClient(base_url=site.url, timeout=seconds) as pilot:
        await sign_in(pilot, site)
        units = await _ask(program)
        cpu = site.cpu_seconds()
        step = len(units) // WAITING
        waiting = [asyncio.create_task(_wait_for(program, unit)) for unit in units[::step][:WAITING]]
        await asyncio.sleep(1)
        started = time.perf_counter()
        await _stop(pilot)
        answered = time.perf_counter() - started
        await asyncio.to_thread(_await_the_end, site, seconds)
        settled = time.perf_counter() - started
        heard = [1000 * (at - started) for at in await asyncio.gather(*waiting)]
    return {
        "questions": len(units),
        "answered_s": round(answered, 2),
        "settled_s": round(settled, 2),
        "server_cpu_s": round(site.cpu_seconds() - cpu, 2),
        "callers_heard_ms": percentiles(heard),
    }


async def _ask(program: httpx.AsyncClient) -> list[str]:
    """Their ids. The last rule of the gate holds every one."""
    units: list[str] = []
    for start in range(0, QUESTIONS, 1000):
        answer = await program.post("/api/units/batch", json=[_unit(number) for number in range(start, start + 1000)])
        answer.raise_for_status()
        units += [one["unit"]["id"] for one in answer.json()]
    return units


def _unit(number: int) -> dict[str, Any]:
    attributes = {"amount": 20_000 + number, "region": "EU", "flagged": False, "name": f"n{number}"}
    unit = {"gate": GATE, "external_id": f"stop-{number}", "title": f"Refund {number}", "attributes": attributes}
    return unit | ({} if number % CALLBACK_EVERY else {"callback_url": "https://callbacks.invalid/refunds"})


async def _stop(pilot: httpx.AsyncClient) -> None:
    body = {"scope": {"gate": GATE}, "reason": "An agent repeats a refused command.", "settle": True}
    headers = {"X-CSRFToken": pilot.cookies["csrftoken"], "Referer": str(pilot.base_url)}
    (await pilot.post("/api/kill-switch", json=body, headers=headers)).raise_for_status()


async def _wait_for(program: httpx.AsyncClient, unit: str) -> float:
    """When its held call told that it is over."""
    while True:
        told = (await program.get(f"/api/units/{unit}?wait=60")).json()
        if told["status"] == "cancelled":
            return time.perf_counter()


def _await_the_end(site: Site, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    with psycopg.connect(site.database, autocommit=True) as connection:
        while time.monotonic() < deadline and connection.execute(_OPEN).fetchone() != (0,):
            time.sleep(0.05)


_OPEN = (
    "SELECT count(*) FROM interventions_intervention WHERE status IN ('pending', 'in_progress', 'awaiting_requester')"
)


if __name__ == "__main__":
    main()
