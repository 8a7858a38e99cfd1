"""Send a file of past cases through a gate, as its callers would have.

Every case keeps its own id, so a run that was cut off is simply run again: what is in stays in.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.management.ops import OpsCommand, system_named
from accounts.models import Membership
from guardians.policy import policy_at
from intake.actions import Result, submit
from intake.management.progress import Progress
from intake.management.replay import DEFAULT_TITLE, KNOWN_IDS, Line, Plan, Source

BATCH = 500
TURNS_A_SECOND = 4  # with --rate: often enough to look steady, seldom enough to submit in batches
MOST_COMPLAINTS = 50

OUTCOMES = {"passed": "passed", "routed": "passed", "blocked": "refused", "held": "held"}


class Command(OpsCommand):
    help = "Submit every line of a JSONL file (.gz or not) to a gate. Running it again adds only what is missing."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="One JSON object a line.")
        parser.add_argument("--gate", required=True, help="The gate that judges them.")
        parser.add_argument("--rate", type=_rate, metavar="N", help="At most so many lines a second.")
        parser.add_argument("--id-field", metavar="NAME", help=f"What names a case ({', '.join(KNOWN_IDS)}).")
        parser.add_argument("--title", default=DEFAULT_TITLE, help="Of the units; {field} is replaced (%(default)s).")
        parser.add_argument(
            "--leave-out",
            action="append",
            default=[],
            metavar="FIELD",
            help="Do not submit this field, such as a known outcome. May be repeated.",
        )

    def handle(self, *args: Any, file: Path, gate: str, rate: float | None, **options: Any) -> None:
        system = system_named(options["organization"])
        policy_at(system.organization_id, gate)  # refuses a gate that is not there, before the first line
        id_fields = [options["id_field"]] if options["id_field"] else KNOWN_IDS
        plan = Plan(gate, id_fields, options["title"], frozenset(options["leave_out"]))
        count: Counter[str] = Counter()
        source = _opened(file)
        try:
            self._submit_all(source, plan, rate, system, count)
        except KeyboardInterrupt:
            self.stdout.write(_summary(count))
            raise CommandError("Stopped. Run the same command again: what is in stays in.", returncode=130) from None
        finally:
            source.close()
        self.stdout.write(_summary(count))
        if count["errors"]:
            raise CommandError(f"{count['errors']} lines were not submitted.")

    def _submit_all(
        self, source: Source, plan: Plan, rate: float | None, system: Membership, count: Counter[str]
    ) -> None:
        with Progress(self.stderr) as progress:
            for batch in _batches(source.lines(plan), rate):
                for line, result in zip(batch, submit([line.unit for line in batch], actor=system), strict=True):
                    complaint = _counted(result, count)
                    if complaint and count["errors"] <= MOST_COMPLAINTS:
                        progress.say(f"line {line.number}: {complaint}")
                progress.show(source.done(), f"{count['lines']:,} lines")


def _opened(file: Path) -> Source:
    try:
        return Source(file)
    except OSError as wrong:
        raise CommandError(f"{file} cannot be read: {wrong.strerror}.") from wrong


def _batches(lines: Iterator[Line], rate: float | None) -> Iterator[list[Line]]:
    """Batches of lines, no faster than `rate` lines a second over the whole run."""
    size = BATCH if rate is None else max(1, min(BATCH, int(rate / TURNS_A_SECOND)))
    started, sent = time.monotonic(), 0
    while batch := list(islice(lines, size)):
        if rate is not None:
            time.sleep(max(0.0, started + sent / rate - time.monotonic()))
        yield batch
        sent += len(batch)


def _counted(result: Result, count: Counter[str]) -> str:
    """Add one result to the tally; what is wrong with the line, or ""."""
    count["lines"] += 1
    if result.problem is not None or result.answer is None:
        count["errors"] += 1
        return result.problem.sentence if result.problem else "There was no answer."
    count["created" if result.status == 201 else "existing"] += 1
    count[OUTCOMES[result.answer["verdict"]["outcome"]]] += 1
    return ""


def _summary(count: Counter[str]) -> str:
    return (
        f"{count['lines']:,} lines: {count['created']:,} created, {count['existing']:,} already there, "
        f"{count['errors']:,} errors. Passed {count['passed']:,}, refused {count['refused']:,}, "
        f"held for a pilot {count['held']:,}."
    )


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= 1_000_000:
        raise argparse.ArgumentTypeError("lines a second, more than 0")
    return rate
