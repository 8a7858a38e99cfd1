"""What we ship with us: exact versions, and licences that let us."""

import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;]+)")
FREE = re.compile(
    r"MIT|BSD|Apache|ISC|PSF|Python Software|MPL|Mozilla|LGPL|Lesser|Zope|ZPL|Unlicense|PostgreSQL|0BSD", re.I
)


def lines_of(name: str) -> list[str]:
    return [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_library_is_locked_to_one_version(name):
    assert [line for line in lines_of(name) if not LOCKED.match(line)] == []


def test_both_lists_have_the_same_versions():
    ours, all_of_it = (
        {LOCKED.match(line).group(1, 2) for line in lines_of(f"requirements{more}.txt")} for more in ("", "-dev")
    )

    assert ours <= all_of_it


def test_every_library_that_runs_has_a_licence_we_may_ship():
    unknown = {}
    for line in lines_of("requirements.txt"):
        name = LOCKED.match(line).group(1)
        try:
            about = metadata(name)
        except PackageNotFoundError:  # of another platform
            continue
        said = [about.get("License-Expression") or "", (about.get("License") or "")[:200]]
        said += [one for one in about.get_all("Classifier", []) if one.startswith("License ::")]
        if not any(map(FREE.search, said)):
            unknown[name] = said

    assert unknown == {}
