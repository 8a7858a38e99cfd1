"""What every command of an installation shares: it acts as the system, and refuses in sentences.

What is typed and read at a terminal is English, as with Django's own commands.
"""

import json
import secrets
from collections.abc import Sequence
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError

from accounts.models import Membership
from accounts.queries import organization_named, system_of
from accounts.roles import LIMITED, RANK
from kit.errors import Problem

DEFAULT_ORGANIZATION = "default"
UNDEFINED = {"42P01", "42703"}  # SQLSTATE of a table or a column that is not there


class OpsCommand(BaseCommand):
    """A command run by hand on the machine; the organization's system signs its ledger lines."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--organization",
            default=DEFAULT_ORGANIZATION,
            metavar="SLUG",
            help="The organization to act in (%(default)s).",
        )

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except Problem as problem:
            raise CommandError(problem.sentence) from problem
        except OperationalError as wrong:
            raise CommandError(
                f"The database does not answer; manage.py doctor says more. ({first_line(wrong)})"
            ) from wrong
        except ProgrammingError as wrong:
            if getattr(wrong.__cause__, "sqlstate", None) not in UNDEFINED:
                raise
            raise CommandError("The database is not up to date: run manage.py migrate.") from wrong


def told(rows: Sequence[dict[str, Any]], *, as_json: bool) -> str:
    """A list as a table for people, or as one JSON array for programs."""
    if as_json:
        return json.dumps(rows)
    if not rows:
        return "There is none."
    names = list(rows[0])
    lines = [names, *([_in_a_cell(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(names))]
    padded = ("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in padded)


def _in_a_cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def system_named(slug: str) -> Membership:
    """The system membership of that organization."""
    organization = organization_named(slug)
    if organization is None:
        raise CommandError(f"There is no organization “{slug}”. manage.py bootstrap makes “{DEFAULT_ORGANIZATION}”.")
    return system_of(organization.pk)


def spelled(role: str) -> str:
    """Shipped roles may be typed in any case; others are taken as written."""
    return next((known for known in (*RANK, LIMITED) if known.lower() == role.lower()), role)


def readable_password() -> str:
    """Four words that can be said over a telephone; 70 random bits."""
    return "-".join("".join(secrets.choice(letters) for letters in WORD) for _ in range(4))


CONSONANTS, VOWELS = "bcdfghjklmnprstvwxyz", "aeiou"
WORD = (CONSONANTS, VOWELS, CONSONANTS, VOWELS, CONSONANTS)


def first_line(wrong: Exception) -> str:
    """What a failure says, without the pages that follow."""
    return (str(wrong).strip() or type(wrong).__name__).splitlines()[0]
