"""Questions and units of every shape, for the tests of what is done with them."""

from itertools import count
from typing import Any

from django.utils import timezone

from accounts.models import Membership
from accounts.queries import default_platform_of
from audit.models import Entry
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from work.models import Unit

_numbers = count(1)


def ask(actor: Membership, kind: str = "approval", **about: Any) -> Intervention:
    """A question, raised by `actor`; what a gate would set besides is written on it: `ask(sys, edits_allowed=True)`."""
    settings = {name: about.pop(name) for name in list(about) if name not in Question.__struct_fields__}
    asked = actions.raise_intervention(Question(kind=kind, **{"title": "Deploy 4.18.2"} | about), actor=actor)
    Intervention.objects.filter(pk=asked.pk).update(**settings)
    return fresh(asked)


def unit_of(actor: Membership, status: str = "active", **about: Any) -> Unit:
    """A unit of work as a program has it under way."""
    platform = about.get("platform") or default_platform_of(actor.organization_id)
    return Unit.objects.create(
        organization_id=actor.organization_id,
        external_id=f"unit-{next(_numbers)}",
        title="Deploy 4.18.2",
        content_hash="0" * 64,
        request_hash="0" * 64,
        submitted_by=actor,
        **{"platform": platform, "status": status, "gate": "deploys"} | about,
    )


def held(actor: Membership, kind: str = "approval", **about: Any) -> Intervention:
    """A question that a unit waits on."""
    return ask(actor, kind, unit=unit_of(actor).pk, **about)


def narrowed(actor: Membership, *scopes: str) -> Membership:
    """The same member, acting through a key with these scopes."""
    keyed = Membership.objects.acting().get(pk=actor.pk)
    keyed.scopes = scopes
    return keyed


def fresh(row: Any) -> Any:
    return type(row).objects.get(pk=row.pk)


def status_of(row: Any) -> str:
    return str(fresh(row).status)


def out_of_time(question: Intervention) -> Intervention:
    """The same question, a moment after its time has run out."""
    Intervention.objects.filter(pk=question.pk).update(expires_at=timezone.now())
    return fresh(question)


def expire(question: Intervention) -> Intervention | None:
    """The clock's turn, now."""
    return actions.expire(question.pk, organization_id=question.organization_id, now=timezone.now())


def verbs(row: Any) -> list[str]:
    """What the ledger says of it, in order."""
    return list(Entry.objects.about(row._meta.model_name, row.pk).order_by("pk").values_list("verb", flat=True))


def everything() -> list[Any]:
    """All that an act could change: to compare before and after a refusal."""
    models = (Intervention, Unit, *(each.related_model for each in Intervention._meta.related_objects), Entry)
    return [list(model._default_manager.order_by("pk").values()) for model in models]
