"""`bin/up`, without its installing, as a program to start, ask and end."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 180  # on a machine that does other things as well

# A server of its own: not on this test's database, nor in the shape settings take under pytest.
OURS = ("PYTEST_VERSION", "PYTEST_CURRENT_TEST", "DATABASE_URL", "REDIS_URL", "CHAMELEON_DATA", "CHAMELEON_DEBUG")

QUESTION = {"kind": "approval", "title": "May it run?"}


class Launch:
    """The program in a folder, and what it said there."""

    def __init__(self, data: Path, port: int, *how: str, **environment: str) -> None:
        self.data, self.port, self.url = data, port, f"http://127.0.0.1:{port}"
        self.how, self.environment = how, environment
        self.start()

    def start(self) -> None:
        clean = {name: value for name, value in os.environ.items() if name not in OURS}
        with (self.data / "out").open("ab") as out, (self.data / "err").open("ab") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "chameleon", "up", *self.how],
                cwd=PROJECT,
                env=clean | self.environment | {"CHAMELEON_DATA": str(self.data), "PORT": str(self.port)},
                stdout=out,
                stderr=err,
            )
        self.wait_until_it_serves()

    def wait_until_it_serves(self) -> None:
        until = time.monotonic() + START_SECONDS
        while self.process.poll() is None and time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(f"It does not serve.\n{self.said}")

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    @property
    def said(self) -> str:
        return (self.data / "out").read_text() + (self.data / "err").read_text()

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        """By a program with the key that was shown at the first start."""
        key = re.search(r"chm_\S+", self.said)
        assert key, self.said
        return httpx.request(
            method, self.url + path, headers={"Authorization": f"Bearer {key[0]}"}, timeout=70, **options
        )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(server: Launch) -> str:
    made = server.call("POST", "/api/interventions", json=QUESTION)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])
