"""The real application in a real Chromium.

`site` is a server process of its own on the test database, so it can be killed and come back;
`page_of(ada)` is a browser in which Ada has signed in. A page that complains (an error in the console,
a script that failed, something the Content-Security-Policy refused) fails its test.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import httpx
import psycopg
import pytest
from django.conf import settings
from django.db import connections
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from accounts.models import Membership
from kit.database import connection_parameters

PROJECT = Path(__file__).resolve().parent.parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
START_SECONDS = 30.0
NO_WORKER = {"CHAMELEON_WORKER": "0"}  # its timers would hold rows while the tables are emptied between tests
SESSIONS = "chameleon site under test"  # how Postgres knows the server's connections

# The browser reports every answer of 4xx as an error; a refusal said in place is none.
REFUSAL = re.compile(r"^Failed to load resource: the server responded with a status of 4(09|22)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"))


class Site:
    """A server process. It may be stopped and started again within a test."""

    def __init__(self, log: Path, **environment: str) -> None:
        self.environment = environment
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if self._process is not None:
            return
        command = ["uvicorn", "chameleon.asgi:application", "--host", "127.0.0.1", "--port", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *command, "--log-level", "warning"],
                cwd=PROJECT,
                env=os.environ
                | {"DATABASE_URL": _database_url(), "PGAPPNAME": SESSIONS}
                | NO_WORKER
                | self.environment,
                stdout=log,
                stderr=log,
            )
        _wait_for(self.url, self._process, self.log)

    def stop(self, number: signal.Signals = signal.SIGKILL) -> None:
        """By default as a power cut would: nobody is told."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None


@pytest.fixture(scope="session")
def _server(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = Site(tmp_path_factory.mktemp("site") / "server.log")
    yield site
    site.stop(signal.SIGTERM)
    _wait_for_its_sessions()


@pytest.fixture
def site(_server: Site, transactional_db: None) -> Site:
    """The running server; `site.url` is its address."""
    _server.start()
    return _server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # Playwright keeps a loop running in this thread, which Django takes for asynchronous code. A module at
    # a time, because no asynchronous test can run beside it.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page_of(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """A page of a browser of their own for each caller: `page_of(ada, width=375, color_scheme="dark")`.

    `page_of(None)` has not signed in. What the page complains of is kept in `page.complaints`, and fails
    the test unless the test has looked at it and cleared it.
    """
    contexts: list[BrowserContext] = []
    complaints: list[list[str]] = []

    def make(membership: Membership | None, *, width: int = 1440, height: int = 900, **options: object) -> Page:
        options.setdefault("service_workers", "block")  # answers of theirs escape page.route
        context = browser.new_context(base_url=site.url, viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        if membership is not None:
            context.add_cookies(
                [{"name": settings.SESSION_COOKIE_NAME, "value": _session_of(membership), "url": site.url}]
            )
        page = context.new_page()
        _press_only_when_heard(page)
        page.complaints = _listen(page)  # type: ignore[attr-defined]
        complaints.append(page.complaints)  # type: ignore[attr-defined]
        return page

    yield make
    for context in contexts:
        context.close()
    assert [one for heard in complaints for one in heard] == []


def meanwhile(act: Callable[..., object], *args: object, **kwargs: object) -> None:
    """Done by somebody else while the browser waits: for handlers of `page.route`.

    In a thread, because a handler runs in a context of its own, and Django would leave a connection open in it.
    """

    def work() -> None:
        act(*args, **kwargs)
        connections.close_all()

    somebody = Thread(target=work)
    somebody.start()
    somebody.join()


def _listen(page: Page) -> list[str]:
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console",
        lambda said: heard.append(said.text) if said.type == "error" and not REFUSAL.match(said.text) else None,
    )
    return heard


def _press_only_when_heard(page: Page) -> None:
    """A key that is pressed between a page's first words and the end of its scripts reaches nobody."""
    press = page.keyboard.press

    def once_scripts_ran(key: str, **options: float) -> None:
        page.wait_for_load_state("domcontentloaded")
        press(key, **options)

    page.keyboard.press = once_scripts_ran  # type: ignore[method-assign]


def _session_of(membership: Membership) -> str:
    client = Client()
    client.force_login(membership.pilot, backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _database_url() -> str:
    place = settings.DATABASES["default"]
    password = f":{quote(place['PASSWORD'])}" if place["PASSWORD"] else ""
    host = quote(str(place["HOST"]), safe="")
    port = f":{place['PORT']}" if place["PORT"] else ""
    return f"postgresql://{quote(place['USER'])}{password}@{host}{port}/{quote(place['NAME'])}"


def _wait_for_its_sessions() -> None:
    """Postgres notices a moment later that a process is gone, and drops no database until then."""
    sessions = "FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'chameleon%'"
    until = time.monotonic() + 10
    with psycopg.connect(**connection_parameters(), autocommit=True) as connection:
        while time.monotonic() < until and connection.execute(f"SELECT 1 {sessions}").fetchone():
            time.sleep(0.05)


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(f"{url}/healthz", timeout=2)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(f"The server did not start:\n{log.read_text()}")
