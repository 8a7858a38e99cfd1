"""Submits: one a request at 1, 16 and 64 connections, and batches, beside two floors in the same run.

Ours does the whole submit: key, validation, idempotency, hash, five CEL rules, unit and ledger line and, for one in
ten, the question with its hints. The Node peer does one bare INSERT and SELECT; pgbench the same two statements with
no HTTP at all. Everything shares this machine's cores with the load.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psycopg

from benchmarks.site import GATE, Site, free_port, percentiles, running

CONNECTIONS = (1, 16, 64)
HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=5.0)
    seconds = parser.parse_args().seconds
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed: apt-get install wrk")
    with running() as site:
        figures: dict[str, Any] = {"chameleon": _load_all(site.url, site, seconds)}
        figures["batch_of_1000"] = _batches(site, seconds)
        with _node(site) as url:
            figures["node_bare"] = _load_all(url, None, seconds) if url else "npm or node is missing"
        figures["pgbench_bare"] = _pgbench(site, seconds)
        figures["held_1_in_10"] = _count(site, "interventions_intervention")
        figures["units"] = _count(site, "work_unit")
    if isinstance(figures["node_bare"], dict):
        figures["ratio_to_node"] = {
            connections: round(ours["per_second"] / figures["node_bare"][connections]["per_second"], 2)
            for connections, ours in figures["chameleon"].items()
        }
    print(json.dumps(figures))


def _load_all(url: str, site: Site | None, seconds: float) -> dict[str, Any]:
    _load(url, site, 16, 2)  # warm: plans, caches, pools
    return {str(connections): _load(url, site, connections, seconds) for connections in CONNECTIONS}


def _load(url: str, site: Site | None, connections: int, seconds: float) -> dict[str, Any]:
    before = site.cpu_seconds() if site else 0.0
    done = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{round(seconds)}s", "-s", str(HERE / "submit.lua"), "--latency", url],
        env=os.environ | {"KEY": site.key if site else "none", "RUN": f"{connections}-{time.time_ns()}"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found = re.search(r"FIGURES (\d+) (\d+) (\d+) ([\d.]+) ([\d.]+) ([\d.]+)", done.stdout)
    if found is None:
        sys.exit(done.stdout)
    requests, duration, errors, p50, p95, p99 = map(float, found.groups())
    figures = {
        "per_second": round(requests / (duration / 1e6)),
        "errors": int(errors),
        "p50_ms": round(p50 / 1000, 2),
        "p95_ms": round(p95 / 1000, 2),
        "p99_ms": round(p99 / 1000, 2),
    }
    if site:
        figures["app_cpu_us_each"] = round((site.cpu_seconds() - before) * 1e6 / max(requests, 1))
    return figures


def _batches(site: Site, seconds: float) -> dict[str, Any]:
    """1,000 units a call, one call at a time."""
    took, deadline = [], time.monotonic() + seconds
    with httpx.Client(base_url=site.url, headers={"Authorization": f"Bearer {site.key}"}, timeout=60) as client:
        while time.monotonic() < deadline:
            units = [_unit(f"batch-{time.time_ns()}-{number}", number) for number in range(1000)]
            started = time.perf_counter()
            answer = client.post("/api/units/batch", json=units)
            took.append((time.perf_counter() - started) * 1000)
            if any(item["status"] != 201 for item in answer.json()):
                sys.exit("A batch item was not made.")
    return {"units_per_second": round(1000 * len(took) / (sum(took) / 1000)), "ms": percentiles(took)}


def _unit(name: str, number: int) -> dict[str, Any]:
    attributes = {"amount": 20_000 if number % 10 == 0 else 100, "region": "EU", "flagged": False, "name": f"n{number}"}
    return {"gate": GATE, "external_id": name, "title": f"Refund {number}", "attributes": attributes}


@contextmanager
def _node(site: Site) -> Iterator[str]:
    """The peer on the same database server; "" where there is no Node."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        yield ""
        return
    with tempfile.TemporaryDirectory() as folder:
        for name in ("bare.js", "package.json"):
            shutil.copy(HERE / "node" / name, folder)
        subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
        _bare_table(site)
        port = str(free_port())
        process = subprocess.Popen(
            ["node", "bare.js"], cwd=folder, env=os.environ | {"DATABASE_URL": site.database, "PORT": port}
        )
        try:
            url = f"http://127.0.0.1:{port}"
            _await_node(url)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _bare_table(site: Site) -> None:
    with psycopg.connect(site.database, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, external_id text, title text, attributes jsonb)"
        )


def _await_node(url: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            if httpx.post(url, json={"external_id": "warm", "title": "", "attributes": {}}).status_code == 201:
                return
        time.sleep(0.05)
    sys.exit("The Node peer did not come up.")


def _pgbench(site: Site, seconds: float) -> dict[str, Any] | str:
    """The floor without HTTP: the same INSERT and SELECT, each committed by itself."""
    program = shutil.which("pgbench") or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/pgbench"), reverse=True)), None
    )
    if program is None:
        return "pgbench is missing"
    _bare_table(site)
    script = (
        "\\set n random(1, 1000000000)\n"
        "INSERT INTO bare (external_id, title, attributes) VALUES ('x:n', 'Refund', '{\"amount\": 100}')"
        " RETURNING id \\gset\nSELECT id, external_id, title, attributes FROM bare WHERE id = :id;\n"
    )
    figures = {}
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        for clients in CONNECTIONS:
            command = [program, "-n", "-f", file.name, "-c", str(clients), "-j", "1", "-T", str(round(seconds))]
            done = subprocess.run(
                [*command, site.database], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False
            )
            rate = re.search(r"tps = ([\d.]+)", done.stdout)
            figures[str(clients)] = {"per_second": round(float(rate[1]))} if rate else "failed"
    return figures


def _count(site: Site, table: str) -> int:
    with psycopg.connect(site.database) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(row[0]) if row else 0


if __name__ == "__main__":
    main()
