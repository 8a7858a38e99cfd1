"""Replaying a file: every good line once, every bad one named."""

import gzip
import json
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import OutputWrapper

from accounts.models import Organization
from accounts.queries import system_of
from guardians.actions import create_gate, post_guardian
from intake.management.commands.replay import Command, _batches
from intake.management.progress import Progress
from intake.management.replay import LONGEST_LINE, Line, Plan, Source
from intake.serializers import UnitIn
from kit.errors import Problem
from work.models import Unit

Replay = Callable[..., str]


@pytest.fixture
def replay(organization: Organization, tmp_path: Path) -> Replay:
    """Replay these rows at a gate that asks above 10: what the command printed."""
    system = system_of(organization.pk)
    gate = create_gate("loans", actor=system, name="Loans", on_block="ask")
    rule = {"field": "amount", "condition": "lte", "value": 10}
    post_guardian(gate.pk, "small", type="CRITERIA_GATE", config={"rules": [rule]}, actor=system)

    def run(*rows: Any, options: tuple[str, ...] = (), complaints: StringIO | None = None) -> str:
        file = tmp_path / "cases.jsonl"
        file.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
        out = StringIO()
        call_command(
            "replay", str(file), "--gate", "loans", "--organization", "fjordbank", *options,
            stdout=out, stderr=complaints or StringIO(),
        )  # fmt: skip
        return out.getvalue().strip()

    return run


def test_every_line_becomes_a_unit_and_the_summary_tells_what_became_of_them(replay: Replay) -> None:
    said = replay({"case_id": "a", "amount": 5}, {"case_id": "b", "amount": 50})

    assert said == "2 lines: 2 created, 0 already there, 0 errors. Passed 1, refused 0, held for a pilot 1."
    assert list(Unit.objects.order_by("external_id").values_list("external_id", "title", "status")) == [
        ("a", "loans: a", "active"),
        ("b", "loans: b", "awaiting_pilot"),
    ]


def test_a_second_run_adds_nothing(replay: Replay) -> None:
    rows = [{"case_id": str(number), "amount": number} for number in range(20)]
    replay(*rows)

    assert replay(*rows).startswith("20 lines: 0 created, 20 already there, 0 errors.")
    assert Unit.objects.count() == 20


def test_bad_lines_are_named_and_skipped_and_the_good_ones_are_kept(replay: Replay) -> None:
    complaints = StringIO()
    rows = ['{"case_id": "a", "amount": 1}', "{broken", "", "[1]", '{"amount": 3}', '{"case_id": "b", "amount": 1}']

    with pytest.raises(CommandError, match="3 lines were not submitted"):
        replay(*rows, complaints=complaints)

    assert Unit.objects.count() == 2
    told = complaints.getvalue().splitlines()
    assert [line.split(":")[0] for line in told] == ["line 2", "line 4", "line 5"]
    assert "none of case_id, id, external_id" in told[2]


def test_the_same_id_with_other_content_is_an_error_and_changes_nothing(replay: Replay) -> None:
    replay({"id": 7, "amount": 1})
    complaints = StringIO()

    with pytest.raises(CommandError, match="1 lines were not submitted"):
        replay({"id": 7, "amount": 2}, complaints=complaints)

    assert "already names a unit with other content" in complaints.getvalue()
    assert Unit.objects.get().attributes == {"id": 7, "amount": 1}


def test_id_title_and_fields_can_be_chosen(replay: Replay) -> None:
    options = ("--id-field", "number", "--title", "Loan {number} of {amount}, {unknown}", "--leave-out", "outcome")

    replay({"id": "x", "number": 12, "amount": 3, "outcome": "approved"}, options=options)

    unit = Unit.objects.get()
    assert (unit.external_id, unit.title) == ("12", "Loan 12 of 3, {unknown}")
    assert unit.attributes == {"id": "x", "number": 12, "amount": 3}


def test_a_gate_that_is_not_there_is_refused_before_the_first_line(replay: Replay) -> None:
    with pytest.raises(CommandError, match="no gate “nowhere”"):
        replay({"id": 1}, options=("--gate", "nowhere"))


def test_a_file_that_is_not_there_is_refused(replay: Replay) -> None:
    with pytest.raises(CommandError, match="No such file"):
        call_command("replay", "nowhere.jsonl", "--gate", "loans", "--organization", "fjordbank")


def test_a_rate_that_is_none_is_refused(replay: Replay) -> None:
    with pytest.raises(CommandError, match="more than 0"):
        replay({"id": 1}, options=("--rate", "0"))


def lines_of(path: Path) -> list[Line]:
    source = Source(path)
    lines = list(source.lines(Plan("loans")))
    assert source.done() == 1.0
    source.close()
    return lines


def test_a_gzipped_file_is_read_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "cases"
    file.write_bytes(gzip.compress(b'{"id": 1}\n{"id": 2}\n'))

    assert [line.unit.external_id for line in lines_of(file) if isinstance(line.unit, UnitIn)] == ["1", "2"]


def test_a_damaged_archive_gives_what_can_be_read_and_says_so(tmp_path: Path) -> None:
    file = tmp_path / "cases.gz"
    whole = gzip.compress(b"".join(b'{"id": %d}\n' % number for number in range(50_000)))
    file.write_bytes(whole[: len(whole) // 2])

    *read, last = lines_of(file)

    assert len(read) > 1_000
    assert isinstance(last.unit, Problem)
    assert "damaged" in last.unit.sentence


def test_a_line_too_long_to_hold_is_one_error_and_the_next_line_is_read(tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_bytes(b'{"id": 1, "x": "' + b"x" * (2 * LONGEST_LINE) + b'"}\n{"id": 2}\n')

    first, second = lines_of(file)

    assert isinstance(first.unit, Problem)
    assert (second.number, isinstance(second.unit, UnitIn)) == (2, True)


def test_a_rate_is_kept_over_the_whole_run(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    lines = (Line(number, Problem("x")) for number in range(1_000))

    batches = list(_batches(lines, rate=100))

    assert {len(batch) for batch in batches} == {25}
    assert now[0] == pytest.approx(1_000 / 100 - 25 / 100)


def test_the_bar_is_drawn_for_a_person_and_not_for_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, log = StringIO(), StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    for stream in (terminal, log):
        with Progress(OutputWrapper(stream)) as progress:
            progress.show(0.5, "10 lines")
            progress.say("line 3: broken")

    assert "50%  10 lines" in terminal.getvalue()
    assert log.getvalue() == "line 3: broken\n"


def test_the_command_says_what_a_gate_is_for() -> None:
    assert "--gate" in Command().create_parser("manage.py", "replay").format_help()
