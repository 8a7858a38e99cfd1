"""The files of our own Postgres: made once, whole or not at all, in a place its account can reach."""

import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from chameleon.errors import CannotStart
from chameleon.postgres import binaries
from chameleon.postgres.account import Account, account_for
from chameleon.postgres.binaries import NEWEST, OLDEST, Binaries

NAME = "chameleon"  # of the database and of its owner
PORT = 5432  # part of the socket's file name; nothing listens on TCP
LONGEST_SOCKET = 103  # sun_path holds 104 bytes on macOS and 108 on Linux, and ends in NUL

# Where a root-owned program keeps what its unprivileged Postgres must reach, when the project's folder is closed to it.
SHARED_HOME = Path("/var/lib/chameleon")


@dataclass(frozen=True)
class Cluster:
    data: Path

    @property
    def folder(self) -> Path:
        return self.data / "postgres"

    @property
    def socket_folder(self) -> Path:
        """Inside the cluster, or a short private folder when that path is too long for a socket.

        It follows from the path alone, so every program finds it without asking.
        """
        if len(os.fsencode(self.folder / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET:
            return self.folder
        key = hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]
        return Path("/tmp", f"chameleon-{key}")  # noqa: S108  # nosec B108 -- prepared by _private_folder below

    def dsn(self, database: str = NAME) -> str:
        return f"postgresql://{NAME}@/{database}?host={quote(str(self.socket_folder), safe='')}&port={PORT}"

    def ready(self) -> tuple[Account, Binaries]:
        """Makes the cluster when there is none; who runs it, with what."""
        account = account_for(self.folder)
        if self.folder.exists():
            if self.folder.stat().st_uid != account.uid:
                raise CannotStart(f"{self.folder} belongs to somebody else: run as that user, or set CHAMELEON_DATA.")
            found = binaries.find(self._major())
        else:
            found = binaries.find()
            self._create(account, found)
        if not account.can_reach(self.folder.resolve()):
            raise CannotStart(f"The account PostgreSQL runs as cannot reach {self.folder}: a folder above is closed.")
        if self.socket_folder != self.folder:
            _private_folder(self.socket_folder, account)
        return account, reachable(found, account, self.folder.resolve().parent)

    def _major(self) -> int:
        try:
            major = int((self.folder / "PG_VERSION").read_text())
        except (OSError, ValueError) as error:
            raise CannotStart(f"{self.folder} is not a database that can be read here: {error}.") from None
        if not OLDEST <= major <= NEWEST:
            raise CannotStart(f"{self.folder} was made by PostgreSQL {major}; Chameleon needs {OLDEST} to {NEWEST}.")
        return major

    def _create(self, account: Account, found: Binaries) -> None:
        """The name `postgres` appears only when all behind it is whole: a broken-off start leaves nothing half-made."""
        if self.folder.is_symlink():
            raise CannotStart(f"{self.folder} points to {self.folder.readlink()}, which is gone: restore or remove it.")
        if account.can_reach(self.data):
            _initdb(self.data, account, found).rename(self.folder)
        else:
            home = _home_outside(account)
            self.folder.symlink_to(_initdb(home, account, found).rename(home / "postgres"))
        _sync(self.data)


def _home_outside(account: Account) -> Path:
    """A folder above the project is closed to the account. Opening it would be rude; moving out is not."""
    SHARED_HOME.mkdir(mode=0o755, parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(dir=SHARED_HOME))
    account.take_over(home)
    if not account.can_reach(home):
        raise CannotStart(f"The account PostgreSQL runs as cannot reach {SHARED_HOME}: open it, or set DATABASE_URL.")
    return home


def _initdb(home: Path, account: Account, found: Binaries) -> Path:
    """A new cluster under a passing name, new each time: an `initdb` that was cut off from us may still be writing."""
    for left_over in home.glob("postgres.new-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="postgres.new-", dir=home))
    account.take_over(folder)
    program = reachable(found, account, home).folder / "initdb"
    # Not -N: the few tenths of a second it saves are the sync that lets a fresh database survive a power cut.
    made = subprocess.run(
        [
            *(program, "-D", folder, "-U", NAME, "--encoding=UTF8"),
            *("--locale=en_US.UTF-8" if sys.platform == "darwin" else "--locale=C.UTF-8",),
            *("--auth-local=trust", "--auth-host=reject"),
        ],
        cwd="/",
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        **account.run_as(),
    )
    if made.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        raise CannotStart(f"The database could not be made: {_reason(made.stderr)}")
    return folder


def _reason(output: str) -> str:
    complaints = re.findall(r"^(?:initdb: )?error: (.+)$|^.*FATAL:\s+(.+)$", output, re.MULTILINE)
    if complaints:
        return "".join(complaints[-1]) + "."
    return (output.strip().splitlines() or ["it gave no reason"])[-1] + "."


def environment() -> dict[str, str]:
    """What Postgres gets to see of ours: no PG* that would redirect it, and no secrets."""
    kept = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}


def reachable(found: Binaries, account: Account, home: Path) -> Binaries:
    """The binaries themselves, or a copy beside the cluster when they lie in a folder closed to the account."""
    if account.can_reach(found.folder / "postgres"):
        return found
    copy = home / f"postgres-{found.major}"
    if not copy.exists():
        new = copy.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(found.install, new / "from" / found.install.name, symlinks=True)
        if found.libraries.exists():
            shutil.copytree(found.libraries, new / found.libraries.name)
        account.take_over(new)
        new.rename(copy)
    return Binaries(copy / "from" / found.install.name / "bin", found.major)


def _private_folder(folder: Path, account: Account) -> None:
    """The place is everybody's: what is there already must be a real folder, the account's, and closed to others."""
    try:
        folder.mkdir(mode=0o700)
        account.take_over(folder)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != account.uid or found.st_mode & 0o077:
            raise CannotStart(
                f"{folder} is somebody else's: remove it, or give CHAMELEON_DATA a shorter path."
            ) from None


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
