"""What an organization no longer keeps: settled questions and units, and lines of the ledger, past their time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.actions import check_retention
from accounts.models import Membership
from audit.models import Entry
from interventions.models import Intervention, InterventionQuerySet
from kit.errors import NotAllowed
from work.models import Unit, UnitQuerySet

SLACK = timedelta(hours=1)  # the database has the last word, by a clock of its own


@dataclass(frozen=True)
class Preview:
    """What a first night would remove by these settings; `spared` are old questions whose unit is not settled long."""

    settled_days: int | None
    ledger_days: int | None
    settled_before: datetime | None
    ledger_before: datetime | None
    questions: int = 0
    units: int = 0
    entries: int = 0
    spared: int = 0


def preview_of(actor: Membership, settled_days: int | None, ledger_days: int | None) -> Preview:
    """Counted, nothing is changed. Raises NotAllowed, BadInput."""
    if not actor.has_power("accounts.manage_members"):
        raise NotAllowed(_("Only an Admin may see the settings of the organization."))
    check_retention(settled_days, ledger_days)
    now, here = timezone.now(), actor.organization_id
    settled_before, ledger_before = before(now, settled_days), before(now, ledger_days)
    if settled_before is None:
        return Preview(settled_days, ledger_days, None, None)
    questions = questions_past(here, settled_before).count()
    return Preview(
        settled_days,
        ledger_days,
        settled_before,
        ledger_before,
        questions=questions,
        units=units_past(here, settled_before).count(),
        entries=Entry.objects.filter(organization=here, at__lt=ledger_before).count() if ledger_before else 0,
        spared=_settled(here, settled_before).count() - questions,
    )


def before(now: datetime, days: int | None) -> datetime | None:
    """What is older than that goes; None: nothing does."""
    return now - timedelta(days=days) - SLACK if days else None


def questions_past(organization_id: int, settled_before: datetime) -> InterventionQuerySet:
    """Settled long ago, as is the unit they are about, and nobody is still to be told."""
    over = Q(unit=None) | Q(unit__settled_at__lt=settled_before)
    return _settled(organization_id, settled_before).filter(over).exclude(pk__in=_still_to_tell())


def units_past(organization_id: int, settled_before: datetime) -> UnitQuerySet:
    """Settled long ago, with no question about them that is kept for another reason."""
    settled = Unit.objects.filter(organization=organization_id, settled_at__lt=settled_before, emptied_at=None)
    kept = Intervention.objects.filter(unit=OuterRef("pk"), emptied_at=None)
    recent = kept.exclude(settled_at__lt=settled_before)
    untold = kept.filter(pk__in=_still_to_tell())
    return settled.exclude(Exists(recent)).exclude(Exists(untold))


def _settled(organization_id: int, settled_before: datetime) -> InterventionQuerySet:
    past = Intervention.objects.settled().filter(organization=organization_id, settled_at__lt=settled_before)
    return past.filter(emptied_at=None)


def _still_to_tell() -> Sequence[UUID]:
    """The questions whose callers are yet to be told the outcome."""
    waiting = ProcrastinateJob.objects.filter(task_name="interventions.tell_caller", status__in=("todo", "doing"))
    return [UUID(args["intervention_id"]) for args in waiting.values_list("args", flat=True)]
