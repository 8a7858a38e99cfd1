"""Pages and lists with 10,000 open and 200,000 settled questions of two months: one browser, and four at once.

Beside the time of each answer stands the CPU that the serving process spent on it, which other programs on the machine
leave alone; the database's own is not in it.
"""

import argparse
import asyncio
import base64
import json
import time
from typing import Any
from urllib.parse import quote

import httpx
import psycopg

from benchmarks.filling import fill
from benchmarks.path import sign_in
from benchmarks.site import Site, percentiles, running

OPEN, SETTLED = 10_000, 200_000

PATHS = {
    "queue": "/",
    "queue_filtered": "/?priority=high&gate=refund",
    "queue_searched": "/?search=refund",
    "history": "/history",
    "history_filtered": "/history?status=rejected&gate=refund",
    "history_searched": "/history?search=refund",
    "ledger": "/ledger",
    "ledger_filtered": "/ledger?verb=intervention.decided&actor=local:pilot-3",
    "metrics_day": "/insights?last=24h",
    "metrics_month": "/insights?last=30d",
    "units": "/units",
    "units_searched": "/units?search=refund",
    "api_pending": "/api/interventions/pending",
    "api_all": "/api/interventions",
    "api_metrics": "/api/interventions/metrics",
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    seconds = parser.parse_args().seconds
    with running() as site:
        fill(site.database, OPEN, SETTLED)
        print(json.dumps(asyncio.run(_measure(site, seconds, PATHS | _far_back(site.database)))))


def _far_back(database: str) -> dict[str, str]:
    """The last page of the two long lists, by the cursors that their pages would have given out."""
    with psycopg.connect(database) as connection:
        question = _last(connection, "settled_at", "interventions_intervention WHERE settled_at IS NOT NULL")
        line = _last(connection, "at", "audit_entry")
    history = _cursor(json.dumps(["n", *map(str, question)]))
    ledger = _cursor(f"n{line[0]:%Y%m%d%H%M%S%f}.{line[1]}")
    return {"history_last_page": f"/history?cursor={history}", "ledger_last_page": f"/ledger?cursor={ledger}"}


def _last(connection: psycopg.Connection[Any], field: str, table: str) -> Any:
    connection.execute("SET TIME ZONE 'UTC'")
    return connection.execute(f"SELECT {field}, id FROM {table} ORDER BY {field}, id OFFSET 60 LIMIT 1").fetchone()


def _cursor(text: str) -> str:
    return quote(base64.urlsafe_b64encode(text.encode()).decode().rstrip("="))


async def _measure(site: Site, seconds: float, paths: dict[str, str]) -> dict[str, Any]:
    figures: dict[str, Any] = {"open": OPEN, "settled": SETTLED}
    async with httpx.AsyncClient(base_url=site.url, timeout=60) as pilot:
        await sign_in(pilot, site)
        page = (await pilot.get("/api/interventions/pending?limit=1")).json()
        paths["detail"] = f"/interventions/{page['results'][0]['id']}"
        for name, path in paths.items():
            figures[name] = await _page(site, pilot, path, seconds)
    return figures


async def _page(site: Site, pilot: httpx.AsyncClient, path: str, seconds: float) -> dict[str, Any]:
    answer = await pilot.get(path)
    answer.raise_for_status()
    before = site.cpu_seconds()
    one = await _load(pilot, path, 1, seconds / 2)
    spent = 1000 * (site.cpu_seconds() - before) / len(one)
    four = await _load(pilot, path, 4, seconds / 2)
    return {
        "bytes": len(answer.content),
        "cpu_ms": round(spent, 1),
        "one_at_a_time_ms": percentiles(one),
        "four_at_once_ms": percentiles(four),
    }


async def _load(pilot: httpx.AsyncClient, path: str, at_once: int, seconds: float) -> list[float]:
    took: list[float] = []
    deadline = time.monotonic() + seconds

    async def ask() -> None:
        while time.monotonic() < deadline:
            started = time.perf_counter()
            (await pilot.get(path)).raise_for_status()
            took.append((time.perf_counter() - started) * 1000)

    await asyncio.gather(*(ask() for _ in range(at_once)))
    return took


if __name__ == "__main__":
    main()
