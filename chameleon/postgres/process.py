"""What the operating system says about a process, read so that zombies and strangers are not taken for a postmaster."""

import os
import subprocess
from pathlib import Path

PROC = Path("/proc")
HAS_PROC = (PROC / "self" / "stat").exists()  # Linux


def is_listed(pid: int) -> bool:
    """In the process table at all, be it as a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_at_home(pid: int, cluster: Path) -> bool:
    """A living postmaster of this very cluster. It works from inside its folder, as nobody else does."""
    if not is_listed(pid):
        return False
    if not HAS_PROC:
        return _ps_says_postgres(pid)
    try:
        state = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[0]
        return state not in "ZX" and os.path.samefile(PROC / str(pid) / "cwd", cluster)
    except OSError:
        return False


def _ps_says_postgres(pid: int) -> bool:
    said = subprocess.run(["ps", "-p", str(pid), "-o", "stat=,command="], capture_output=True, text=True, check=False)
    state, _, command = said.stdout.strip().partition(" ")
    return bool(state) and not state.startswith("Z") and "postgres" in command


def shared_memory_users(segment: int) -> int:
    """How many processes hold a System V segment; 0 where the system has no table to read."""
    try:
        rows = (PROC / "sysvipc" / "shm").read_text().splitlines()
    except OSError:
        return 0
    names, *segments = (row.split() for row in rows)
    column, users = names.index("shmid"), names.index("nattch")
    return next((int(row[users]) for row in segments if int(row[column]) == segment), 0)
