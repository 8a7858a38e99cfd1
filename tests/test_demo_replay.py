"""Demonstration: a few hundred applications replayed, twice, and cut off by a power failure in between.

The file is made up, in the shape of a year of loan applications; no row may be lost and none may count twice.
"""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.management import call_command
from django.db import connection

from audit.models import Entry
from interventions.models import Intervention
from work.models import Unit

PROJECT = Path(__file__).resolve().parent.parent
ROWS = 400
START_SECONDS = 60.0


@pytest.fixture
def applications(tmp_path: Path) -> Path:
    """Applications in order of arrival, some too small to lend and most of them ordinary."""
    chance = random.Random(20111001)
    file = tmp_path / "applications.jsonl.gz"
    with gzip.open(file, "wt") as lines:
        for number in range(ROWS):
            row = {
                "case_id": str(173_688 + 3 * number),
                "submitted_at": f"2011-10-{1 + number % 28:02}T08:{number % 60:02}:44.546+02:00",
                "amount_requested": chance.choice([0, 300, 1_500, 5_000, 7_500, 10_000, 20_000, 35_000]),
                "reached": ["A_SUBMITTED", "A_PARTLYSUBMITTED"],
                "offers_sent": chance.randrange(6),
                "outcome": chance.choice(["approved", "declined", "cancelled", None]),
            }
            lines.write(f"{json.dumps(row)}\n")
    return file


@pytest.fixture
def installation(transactional_db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("bootstrap")


def start_replay(file: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "manage.py", "replay", str(file), "--gate", "loan-approval", *options],
        cwd=PROJECT,
        env=os.environ | {"DATABASE_URL": database_url()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def database_url() -> str:
    place = connection.settings_dict
    password = f":{quote(place['PASSWORD'])}" if place["PASSWORD"] else ""
    port = f":{place['PORT']}" if place["PORT"] else ""
    return f"postgresql://{quote(place['USER'])}{password}@{quote(place['HOST'], safe='')}{port}/{quote(place['NAME'])}"


def everything() -> dict[str, int]:
    """What is in the database, counted in ways that a lost or a doubled row would show in."""
    return {
        "units": Unit.objects.count(),
        "ids": Unit.objects.values("external_id").distinct().count(),
        "lines": Entry.objects.filter(verb="unit.submitted").count(),
        "held": Unit.objects.filter(status="awaiting_pilot").count(),
        "questions": Intervention.objects.count(),
        "raised": Entry.objects.filter(verb="intervention.raised").count(),
    }


def test_no_row_is_lost_or_doubled_when_it_is_cut_off_and_run_again(installation: None, applications: Path) -> None:
    cut_off = start_replay(applications, "--rate", "200")
    until = time.monotonic() + START_SECONDS
    while not Unit.objects.exists() and time.monotonic() < until and cut_off.poll() is None:
        time.sleep(0.02)
    cut_off.send_signal(signal.SIGKILL)
    cut_off.communicate()
    assert 0 < Unit.objects.count() < ROWS

    again = start_replay(applications)
    said, complaints = again.communicate(timeout=120)
    assert (again.returncode, complaints) == (0, "")
    after = everything()
    assert after["units"] == after["ids"] == after["lines"] == ROWS
    assert after["held"] == after["questions"] == after["raised"] > 0

    third, _ = start_replay(applications).communicate(timeout=120)
    assert third.startswith(f"{ROWS} lines: 0 created, {ROWS} already there, 0 errors.")
    assert third.partition("Passed")[2] == said.partition("Passed")[2]
    assert everything() == after
