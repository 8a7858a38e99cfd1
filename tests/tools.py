"""Programs that some tests need and a machine may lack.

Such a test is skipped then. Where CHAMELEON_REQUIRE_TOOLS=1, as in CI, it fails: nothing goes untested unnoticed.
"""

import os
import shutil
import socket
from collections.abc import Generator
from typing import NoReturn
from urllib.parse import urlsplit, urlunsplit

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LOCAL_REDIS = "redis://127.0.0.1:6379/9"


def _own_database(url: str, worker: str) -> str:
    """Workers side by side would hear each other's hints and spend each other's tries: gw0 gets the next database."""
    address = urlsplit(url)
    number = int(address.path.strip("/") or 0) + 1 + int(worker.removeprefix("gw"))
    return urlunsplit(address._replace(path=f"/{number}"))


if "PYTEST_XDIST_WORKER" in os.environ:  # before the settings are read
    LOCAL_REDIS = _own_database(LOCAL_REDIS, os.environ["PYTEST_XDIST_WORKER"])
    if os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = _own_database(os.environ["REDIS_URL"], os.environ["PYTEST_XDIST_WORKER"])


def chromium_path() -> str:
    """The browser to drive."""
    return next(filter(None, map(shutil.which, BROWSERS)), None) or lacking("Chromium")


def redis_url() -> str:
    """REDIS_URL, or the Redis of this machine. Use a key prefix of your own."""
    url = os.environ.get("REDIS_URL") or LOCAL_REDIS
    return url if _answers(url) else lacking("Redis")


def lacking(tool: str) -> NoReturn:
    if os.environ.get("CHAMELEON_REQUIRE_TOOLS") == "1":
        pytest.fail(f"There is no {tool} on this machine, and CHAMELEON_REQUIRE_TOOLS is set.")
    pytest.skip(f"There is no {tool} on this machine.")


def _answers(url: str) -> bool:
    address = urlsplit(url)
    try:
        with socket.create_connection((address.hostname or "127.0.0.1", address.port or 6379), timeout=2):
            return True
    except OSError:
        return False


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Whatever made a test skip that is marked as needing a tool: in CI it is a failure."""
    report = yield
    needs_tool = item.get_closest_marker("browser") or item.get_closest_marker("redis")
    if report.skipped and needs_tool and os.environ.get("CHAMELEON_REQUIRE_TOOLS") == "1":
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and CHAMELEON_REQUIRE_TOOLS is set."
    return report
