"""The clock's turn, once and by hand: for a machine whose worker is down."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from accounts.management.ops import OpsCommand
from interventions.tasks import expire_due
from work.actions import expire_overdue, stall_silent


class Command(OpsCommand):
    help = "End or escalate the questions whose time has passed, and the units nobody waits for, in all organizations."

    def add_arguments(self, parser: Any) -> None:
        """None: time passes for every organization alike."""

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        questions = _until_done(lambda: expire_due(int(now.timestamp())))
        expired = _until_done(lambda: expire_overdue(now))
        stalled = _until_done(lambda: stall_silent(now))
        self.stdout.write(f"Questions ended or escalated: {questions}. Units expired: {expired}, stalled: {stalled}.")


def _until_done(turn: Callable[[], int]) -> int:
    """Each turn takes a bounded number; a turn that finds none is the last."""
    total = 0
    while done := turn():
        total += done
    return total
