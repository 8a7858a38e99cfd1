"""A running Chameleon with a database of its own, for measurements."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

PROJECT = Path(__file__).resolve().parent.parent
GATE = "benchmark"
RULES = (
    "unit.attributes.amount >= 0",
    'unit.attributes.region in ["EU", "US"]',
    "!unit.attributes.flagged",
    'unit.attributes.name.startsWith("n")',
    "unit.attributes.amount < 10000",  # what breaks this one is held: one in ten
)


@dataclass
class Site:
    """Where it is and how to get in."""

    url: str
    key: str
    username: str
    password: str
    database: str
    pid: int

    def cpu_seconds(self) -> float:
        """User and system time of the serving process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def running() -> Iterator[Site]:
    """A fresh database beside the one DATABASE_URL names, dropped at the end, and a server on it."""
    base = os.environ.get("DATABASE_URL")
    if not base:
        sys.exit("Set DATABASE_URL to a PostgreSQL server on this machine; a database of its own is made and dropped.")
    name = f"chameleon_bench_{os.getpid()}"
    own = urlunsplit(urlsplit(base)._replace(path=f"/{name}"))
    with psycopg.connect(base, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    try:
        environment = os.environ | {"DATABASE_URL": own, "PORT": str(free_port()), "CHAMELEON_LOG_LEVEL": "WARNING"}
        made = _set_up(environment)
        with _served(environment) as process:
            yield Site(
                url=f"http://127.0.0.1:{environment['PORT']}",
                key=made["api_key"],
                username=made["username"],
                password=made["password"],
                database=own,
                pid=process.pid,
            )
    finally:
        with psycopg.connect(base, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _set_up(environment: dict[str, str]) -> dict[str, Any]:
    _manage(environment, "migrate", "-v0")
    made: dict[str, Any] = json.loads(_manage(environment, "bootstrap", "--json"))
    _manage(environment, "shell", "--no-imports", "-v0", "-c", _GATE)
    return made


_GATE = f"""
from accounts.models import Organization
from accounts.queries import system_of
from guardians import actions
system = system_of(Organization.objects.get(slug="default").pk)
gate = actions.create_gate({GATE!r}, actor=system, name="Benchmark")
for number, rule in enumerate({RULES!r}):
    actions.post_guardian(gate.pk, f"rule-{{number}}", type="EXPRESSION", config={{"expression": rule}}, actor=system)
"""


def _manage(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


@contextmanager
def _served(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "chameleon", "up"], cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        _await(f"http://127.0.0.1:{environment['PORT']}/healthz", process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _await(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(url, timeout=1).status_code == 200:
                return
        time.sleep(0.05)
    sys.exit("The server did not come up.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def percentiles(milliseconds: list[float]) -> dict[str, float]:
    """p50, p95, p99 and the worst, in milliseconds."""
    ordered = sorted(milliseconds)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2)

    return {"p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "worst": round(ordered[-1], 2), "n": len(ordered)}
