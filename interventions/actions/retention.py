"""What is no longer kept goes: the content of settled questions and units, and old lines of the ledger.

That somebody decided, who, when, in which role and over which content (its hash), stays on record.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Cast, Concat, Right

from accounts.models import Organization
from accounts.queries import system_of
from audit.actions import drop_old, record
from interventions.models import Challenge, Comment, Decision, Delivery, Intervention, Look, Vote
from interventions.queries.retention import before, questions_past, units_past
from work.actions import empty_units

BATCH, LINES = 500, 5_000
NAMELESS = Concat(Value("#"), Right(Cast(F("id"), CharField()), 8))
SAID = Case(When(reason="", then=Value("")), default=Value("—"))  # a dash where there was a reason


def apply_retention(organization_id: int, *, now: datetime) -> dict[str, int]:
    """Remove what the organization's settings no longer keep, slice by slice; one line tells how much it was.

    Nothing open is touched, nor what a caller is still to be told. Broken off, the next run goes on.
    """
    here = Organization.objects.get(pk=organization_id)
    removed = {"questions": 0, "units": 0, "entries": 0}
    settled, ledger = before(now, here.keep_settled_days), before(now, here.keep_ledger_days)
    try:
        while settled and (emptied := _empty_questions(organization_id, settled, now)):
            removed["questions"] += emptied
        while settled and (emptied := _empty_units(organization_id, settled, now)):
            removed["units"] += emptied
        while ledger and (dropped := drop_old(organization_id, ledger, LINES)):
            removed["entries"] += dropped
    finally:
        if any(removed.values()):
            told = {"settled_before": settled, "ledger_before": ledger}
            said = {name: at.isoformat() for name, at in told.items() if at}
            record("retention.applied", actor=system_of(organization_id), subject=here, **removed, **said)
    return removed


@transaction.atomic
def _empty_questions(organization_id: int, settled_before: datetime, now: datetime) -> int:
    past = questions_past(organization_id, settled_before).order_by("settled_at", "pk")
    ids = list(past.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:BATCH])
    about = {"intervention__in": ids}
    for kept_for_it in (Comment, Look, Challenge):
        kept_for_it.objects.filter(**about).delete()
    Decision.objects.filter(**about).update(reason=SAID, answer=None, edited=None)
    Vote.objects.filter(**about).update(reason=SAID)
    Delivery.objects.filter(**about).update(url="", error="")
    return Intervention.objects.filter(pk__in=ids).update(
        title=NAMELESS,
        description="",
        context={},
        proposed=None,
        held_because="",
        answer_schema=None,
        requested_by="",
        tags=[],
        links=[],
        dialect=None,
        callback_url="",
        emptied_at=now,
    )


@transaction.atomic
def _empty_units(organization_id: int, settled_before: datetime, now: datetime) -> int:
    past = units_past(organization_id, settled_before).order_by("pk")
    ids = list(past.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True)[:BATCH])
    return empty_units(ids, now)
