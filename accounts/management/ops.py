"""What every command of an installation shares: it acts as the system, and refuses in sentences.

What is typed and read at a terminal is English, as with Django's own commands.
"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, ProgrammingError

from accounts.models import Membership
from accounts.queries import organization_named, system_of
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


def system_named(slug: str) -> Membership:
    """The system membership of that organization."""
    organization = organization_named(slug)
    if organization is None:
        raise CommandError(f"There is no organization “{slug}”. manage.py bootstrap makes “{DEFAULT_ORGANIZATION}”.")
    return system_of(organization.pk)


def first_line(wrong: Exception) -> str:
    """What a failure says, without the pages that follow."""
    return (str(wrong).strip() or type(wrong).__name__).splitlines()[0]
