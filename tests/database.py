"""What tests run on: the server in DATABASE_URL, or the project's own Postgres for as long as they take."""

import os
from contextlib import ExitStack

import pytest

from chameleon.errors import CannotStart
from chameleon.launch import database_at_hand

held = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart() -> None:
    if os.environ.get("DATABASE_URL"):
        return  # the database itself need not exist: Django makes one for the tests beside it
    try:
        held.enter_context(database_at_hand())
    except CannotStart as reason:
        pytest.exit(str(reason), returncode=1)


def pytest_unconfigure() -> None:
    held.close()
