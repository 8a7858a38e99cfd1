"""The operating-system account Postgres runs as. Postgres refuses root, so root has to lend itself another."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from chameleon.errors import CannotStart

PREFERRED = ("chameleon", "postgres")


class _As(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    @property
    def is_ourselves(self) -> bool:
        return self.uid == os.geteuid()

    def run_as(self) -> _As:
        """Arguments for `subprocess` to start a program as this account."""
        return {} if self.is_ourselves else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_reach(self, path: Path) -> bool:
        """Asks the system itself: modes, ACLs and mounts all have a say."""
        if self.is_ourselves:
            return True
        asked = subprocess.run(["test", "-x", path], cwd="/", check=False, **self.run_as())
        return asked.returncode == 0

    def take_over(self, folder: Path) -> None:
        """Makes a folder of ours, and all that is in it, this account's."""
        if self.is_ourselves:
            return
        for here, folders, files in os.walk(folder):
            os.chown(here, self.uid, self.gid)
            for name in [*folders, *files]:
                os.chown(Path(here, name), self.uid, self.gid, follow_symlinks=False)


def account_for(cluster: Path) -> Account:
    """Whoever owns the cluster; for a new one ourselves, or somebody unprivileged when we are root."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    if cluster.exists():
        return _owner_of(cluster)
    return _somebody_unprivileged()


def _owner_of(cluster: Path) -> Account:
    owner = cluster.stat()
    if owner.st_uid == 0:
        raise CannotStart(f"{cluster} belongs to root, and PostgreSQL refuses to run as root: give it to another user.")
    return Account(owner.st_uid, owner.st_gid)


def _somebody_unprivileged() -> Account:
    for name in PREFERRED:
        if account := _known(name):
            return account
    _add_system_account(PREFERRED[0])
    account = _known(PREFERRED[0])
    if account is None:
        raise CannotStart("PostgreSQL refuses to run as root and no other account could be made: run as another user.")
    return account


def _known(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def _add_system_account(name: str) -> None:
    if shutil.which("useradd"):
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    else:  # busybox
        command = ["adduser", "-S", "-D", "-H", name]
    try:
        subprocess.run(command, capture_output=True, check=False)
    except OSError:
        return
