"""Makes .venv and installs what a lock file names: once, and again when the file has changed."""

import fcntl
import hashlib
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
HOME = PROJECT / ".venv"
PYTHON = HOME / "bin" / "python"
LOG = HOME / "install.log"

NO_COMPILER = re.compile(
    r"command '?\S*(gcc|cc|clang|c\+\+)\S*'? failed: No such file|(unable to|cannot) find .*compiler", re.IGNORECASE
)


def main(lock_file: str) -> None:
    lock = PROJECT / lock_file
    try:
        HOME.mkdir(exist_ok=True)
        with (HOME / "installing").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if not _is_installed(lock):
                _install(lock)
    except OSError as error:
        where = error.filename or HOME
        sys.exit(f"{where} cannot be written: {error.strerror}. Put the project into a folder of yours.")


def _is_installed(lock: Path) -> bool:
    stamp = _stamp(lock)
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == _content(lock)


def _install(lock: Path) -> None:
    print(f"Installing what {lock.name} names into .venv (this once) ...", file=sys.stderr, flush=True)
    if not PYTHON.exists():
        _make()
    with LOG.open("w") as log:
        command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-r", lock]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=False)
    if done.returncode:
        sys.exit(f"The packages could not be installed: {_reason()} (.venv/install.log has all of it.)")
    _stamp(lock).write_text(_content(lock))


def _make() -> None:
    for old in [*HOME.glob("bin"), *HOME.glob("lib*"), *HOME.glob("pyvenv.cfg"), *HOME.glob("*.installed")]:
        shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    try:
        venv.create(HOME, with_pip=True, symlinks=True)
    except (subprocess.CalledProcessError, ImportError):
        sys.exit("This Python lacks its venv module: install it (Debian: apt install python3-venv).")


def _stamp(lock: Path) -> Path:
    return HOME / f"{lock.name}.installed"


def _content(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _reason() -> str:
    said = LOG.read_text(errors="replace")
    if NO_COMPILER.search(said):
        return "one of them has to be compiled here and there is no compiler (Debian: apt install build-essential)."
    errors = re.findall(r"^ERROR: (.+)$", said, re.MULTILINE)
    return (errors or said.splitlines() or ["pip gave no reason"])[-1].strip()


if __name__ == "__main__":
    main(sys.argv[1])
