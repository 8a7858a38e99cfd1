"""What can be wrong with a machine: one clear sentence, exit code 1 and no traceback."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.launching import OURS, PROJECT


def run(*command: object, **environment: str) -> str:
    """The sentence on stderr."""
    clean = {name: value for name, value in os.environ.items() if name not in OURS}
    done = subprocess.run(
        [str(word) for word in command],
        cwd=PROJECT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr


def up(data: Path, **environment: str) -> str:
    return run(sys.executable, "-m", "chameleon", "up", **{"CHAMELEON_DATA": str(data), "PORT": "0"} | environment)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone in which nothing was installed yet."""
    shutil.copytree(PROJECT / "bin", tmp_path / "bin")
    (tmp_path / "requirements.txt").write_text("django\n")
    return tmp_path


def fake(program: Path, script: str) -> None:
    program.parent.mkdir(parents=True, exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def test_a_taken_port(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"Cannot listen on 127.0.0.1:{port}: Address already in use" in up(data, PORT=str(port))


def test_a_port_that_is_none(data: Path) -> None:
    assert "PORT is “http”" in up(data, PORT="http")


def test_an_address_of_another_machine(data: Path) -> None:
    assert "HOST is “192.0.2.1”, which is not an address of this machine." in up(data, HOST="192.0.2.1")


def test_a_folder_that_cannot_be_written(data: Path) -> None:
    (data / "var").write_text("not a folder")
    assert "Set SECRET_KEY, or CHAMELEON_DATA." in up(data / "var")


def test_a_folder_that_cannot_be_written_beside_a_database_of_ones_own(
    data: Path, transactional_db: None, settings: Any
) -> None:
    (data / "var").write_text("not a folder")
    db = settings.DATABASES["default"]
    address = f"postgresql://{db['USER']}:{db['PASSWORD']}@/{db['NAME']}?host={db['HOST']}&port={db['PORT']}"

    said = up(data / "var", DATABASE_URL=address, SECRET_KEY="x" * 50)

    assert said.strip().endswith("var/static cannot be written: Not a directory. Set CHAMELEON_DATA.")


def test_a_database_that_is_not_there_is_told_without_its_password(data: Path) -> None:
    said = up(data, DATABASE_URL="postgresql://somebody:hunter2@127.0.0.1:9/nowhere")
    assert "The database in DATABASE_URL cannot be reached" in said
    assert "hunter2" not in said


def test_a_database_of_another_kind(data: Path) -> None:
    assert "DATABASE_URL" in up(data, DATABASE_URL="mysql://127.0.0.1/chameleon")


@pytest.mark.parametrize(
    "name, said, sentence",
    [
        ("CHAMELEON_POOL", "many", "CHAMELEON_POOL is “many”, which is not a whole number above 0."),
        ("CHAMELEON_POOL", "0", "CHAMELEON_POOL is “0”"),
        ("EMAIL_PORT", "smtp", "EMAIL_PORT is “smtp”"),
        ("CHAMELEON_RATES", "submit=5/1", "CHAMELEON_RATES names “submit”; it can name submit.key, "),
        ("CHAMELEON_RATES", "token.key=5", "CHAMELEON_RATES has “token.key=5”; a limit is written as token.key=100/60"),
        ("CHAMELEON_RATES", "token.key=0/60", "CHAMELEON_RATES has “token.key=0/60”"),
        ("CHAMELEON_CORS_ORIGINS", "*", "CHAMELEON_CORS_ORIGINS has “*”; it takes exact origins"),
        ("CHAMELEON_CORS_ORIGINS", "https://*.example", "CHAMELEON_CORS_ORIGINS has “https://*.example”"),
        ("CHAMELEON_CORS_ORIGINS", "http://app.example", "CHAMELEON_CORS_ORIGINS has “http://app.example”"),
        ("CHAMELEON_CORS_ORIGINS", "https://app.example/", "CHAMELEON_CORS_ORIGINS has “https://app.example/”"),
        ("CHAMELEON_LOG_LEVEL", "chatty", "CHAMELEON_LOG_LEVEL is “chatty”; it can be INFO, DEBUG, WARNING, ERROR."),
        ("REDIS_URL", "http://:hunter2@localhost", "REDIS_URL has to begin with redis://"),
        ("REDIS_URL", "redis://:hunter2@localhost:port", "REDIS_URL does not name a port"),
        ("CHAMELEON_POSTGRES_BIN", "/nowhere", "There is no PostgreSQL in /nowhere"),
    ],
)
def test_a_variable_that_makes_no_sense(data: Path, name: str, said: str, sentence: str) -> None:
    answer = up(data, **{name: said})
    assert sentence in answer
    assert "hunter2" not in answer


def test_a_cluster_of_a_version_that_is_not_here(made_once: Path, data: Path) -> None:
    subprocess.run(["cp", "-a", made_once / "postgres", data], check=True)
    (data / "postgres" / "PG_VERSION").write_text("12\n")
    assert "was made by PostgreSQL 12; Chameleon needs 15 to 18." in up(data)


def test_an_old_python(project: Path, tmp_path: Path) -> None:
    for name in ("python3", "python"):
        fake(tmp_path / "old" / name, 'case "$1" in --version) echo "Python 3.9.2";; *) exit 1;; esac')
    for name in ("dirname", "grep"):
        (tmp_path / "old" / name).symlink_to(shutil.which(name) or "")
    said = run(shutil.which("sh"), project / "bin" / "up", PATH=str(tmp_path / "old"))
    assert "Chameleon needs Python 3.11 or newer, and this machine has Python 3.9.2" in said


def test_no_python(project: Path, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    for name in ("dirname", "grep"):
        (tmp_path / "none" / name).symlink_to(shutil.which(name) or "")
    assert "this machine has none" in run(shutil.which("sh"), project / "bin" / "up", PATH=str(tmp_path / "none"))


@pytest.mark.parametrize(
    "pip_says, we_say",
    [
        ("error: command 'gcc' failed: No such file or directory", "there is no compiler"),
        ("ERROR: No matching distribution found for django", "No matching distribution found for django"),
    ],
)
def test_packages_that_cannot_be_installed(project: Path, pip_says: str, we_say: str) -> None:
    fake(project / ".venv" / "bin" / "python", f'echo "{pip_says}"; exit 1')
    with pytest.raises(AssertionError) as progress:  # one line more than a sentence: that it has begun
        run(sys.executable, project / "bin" / "environment.py", "requirements.txt")
    assert "Installing what requirements.txt names" in str(progress.value)
    assert we_say in str(progress.value)


def test_a_project_that_cannot_be_written(project: Path) -> None:
    (project / ".venv").write_text("not a folder")
    assert "cannot be written" in run(sys.executable, project / "bin" / "environment.py", "requirements.txt")


def test_a_second_run_installs_nothing(project: Path) -> None:
    fake(project / ".venv" / "bin" / "python", "exit 0")
    command = [sys.executable, project / "bin" / "environment.py", "requirements.txt"]
    assert subprocess.run(command, capture_output=True, check=True).stderr
    assert not subprocess.run(command, capture_output=True, check=True).stderr
    (project / "requirements.txt").write_text("django\nchannels\n")
    assert subprocess.run(command, capture_output=True, check=True).stderr
