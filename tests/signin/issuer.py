"""The certified OpenID provider of npm, run by node, and people at its pages."""

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx

from tests.house import ROOT
from tests.launching import free_port
from tests.tools import lacking

SOURCE = Path(__file__).parent / "oidc"
CALLBACK = "http://testserver/accounts/oidc/login/callback/"
CLIENT = {"client_id": "chameleon", "client_secret": "kept between us"}
START_SECONDS = 60


def installed() -> Path:
    """A folder in var/ with the provider and what it needs, installed the first time."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        lacking("Node.js with npm")
    lock = (SOURCE / "package-lock.json").read_bytes()
    folder = ROOT / "var" / "npm" / hashlib.sha256(lock).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "installing").open("w") as turn:  # tests that run side by side
        fcntl.flock(turn, fcntl.LOCK_EX)
        for name in ("package.json", "package-lock.json", "server.mjs"):
            shutil.copy(SOURCE / name, folder)
        if not (folder / "done").exists():
            command = [npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
            if done.returncode:
                lacking(f"npm package oidc-provider ({done.stderr.strip().splitlines()[-1:]})")
            (folder / "done").touch()
    return folder


@contextmanager
def issuer(**environment: str) -> Iterator[str]:
    """Its address, while it runs. `SKEW_SECONDS` sets its clock wrong, `ACCESS_SECONDS` is how long its tokens live."""
    port, folder = free_port(), installed()
    with (folder / f"{port}.log").open("w") as log:
        process = subprocess.Popen(
            ["node", "server.mjs", str(port), CALLBACK],
            cwd=folder,
            env=os.environ | environment,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            httpx.get(f"{url}/.well-known/openid-configuration", timeout=2)
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("The OpenID provider does not start.")


def at_issuer(address: str, *, who: str = "ada", consents: bool = True) -> str:
    """Sign in at its pages and say yes, or no: the way back."""
    with httpx.Client() as browser:
        answer = browser.get(address)
        while not (location := answer.headers.get("Location", "")).startswith(CALLBACK):
            if location:
                answer = browser.get(urljoin(str(answer.url), location))
            elif not consents:
                answer = browser.get(urljoin(str(answer.url), _found(r'href="([^"]+/abort)"', answer.text)))
            else:
                asked = _found(r'name="prompt" value="(\w+)"', answer.text)
                form = {"prompt": asked} | ({"login": who, "password": "any"} if asked == "login" else {})
                answer = browser.post(_found(r'action="([^"]+)"', answer.text), data=form)
    split = urlsplit(location)
    return f"{split.path}?{split.query}"


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, text
    return found[1]
