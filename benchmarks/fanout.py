"""Telling a thousand sockets: our hub against the `group_send` that Channels comes with, in one run.

    python -m benchmarks.fanout [--seconds 5] [--sockets 1000]

Each way is served by a fresh uvicorn and heard by a fresh client process; the text is the same 2 KB. Milliseconds are
from the POST that starts a broadcast to the arrival at a socket, the median of the rounds; CPU is the server's alone.
Needs DATABASE_URL; the ways through Redis are left out when none answers.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import redis

from benchmarks.site import free_port

WAYS = ("hub_postgres", "hub_redis", "group_send_memory", "group_send_redis")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--sockets", type=int, default=1000)
    asked = parser.parse_args()
    if not os.environ.get("DATABASE_URL"):
        sys.exit("Set DATABASE_URL to a PostgreSQL server on this machine; hints travel through it, nothing is stored.")
    os.environ.setdefault("REDIS_URL", "redis://127.0.0.1:6379/9")
    ways = [way for way in WAYS if "redis" not in way or _redis_answers()]
    figures = {way: _measure(way, asked.sockets, asked.seconds) for way in ways}
    print(json.dumps({"sockets": asked.sockets, **figures, "group_send_costs_times_the_hub": _ratios(figures)}))


def _measure(way: str, sockets: int, seconds: float) -> dict[str, float]:
    with _served(way) as address:
        client = [sys.executable, "-m", "benchmarks.fanout_client", address, str(sockets), str(seconds)]
        done = subprocess.run(client, stdout=subprocess.PIPE, text=True, check=True)
        figures: dict[str, float] = json.loads(done.stdout)
        return figures


def _ratios(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    """The server's CPU of a stock way over that of the hub with the same carrier, or with Postgres."""
    pairs = {"memory": ("group_send_memory", "hub_postgres"), "redis": ("group_send_redis", "hub_redis")}
    cpu = {way: told["cpu_seconds_per_10k"] for way, told in figures.items()}
    return {name: round(cpu[stock] / cpu[hub], 1) for name, (stock, hub) in pairs.items() if stock in cpu}


def _redis_answers() -> bool:
    try:
        return bool(redis.Redis.from_url(os.environ["REDIS_URL"]).ping())
    except redis.RedisError:
        return False


@contextmanager
def _served(way: str) -> Iterator[str]:
    port = free_port()
    server: subprocess.Popen[Any] = subprocess.Popen([sys.executable, "-m", "benchmarks.fanout_server", way, str(port)])
    address = f"127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 30
        while not _is_up(address):
            if time.monotonic() > deadline or server.poll() is not None:
                sys.exit("The server did not come up.")
            time.sleep(0.05)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _is_up(address: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"http://{address}/cpu").status_code == 200
    return False


if __name__ == "__main__":
    main()
