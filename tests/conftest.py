import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chameleon import postgres
from tests.launching import Launch, free_port


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Callable[[], Path]]:
    """Makes folders that other accounts may enter, unlike pytest's own, and with short names: sockets lie in them."""
    made: list[Path] = []

    def make() -> Path:
        folder = Path(tempfile.mkdtemp(prefix="chameleon-test-", dir="/tmp"))
        folder.chmod(0o755)
        made.append(folder)
        return folder

    yield make
    for folder in filter(Path.exists, made):
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.fixture
def data(open_folder: Callable[[], Path]) -> Iterator[Path]:
    """A folder for a database of the test's own."""
    folder = open_folder()
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def made_once(open_folder: Callable[[], Path]) -> Path:
    """A data folder with a stopped cluster in it, to copy from."""
    folder = open_folder()
    with postgres.running(folder):
        pass
    return folder


@pytest.fixture(scope="session")
def set_up(open_folder: Callable[[], Path]) -> Path:
    """What a first start has left behind, to copy from."""
    launch = Launch(open_folder(), free_port())
    launch.end()
    return launch.data
