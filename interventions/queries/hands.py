"""Whose hands a question is in: claims that have gone stale, who looks on, and who may take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import (
    DateTimeField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Greatest

from accounts.models import Absence, Membership
from accounts.queries import members_of
from accounts.roles import roles_in, title_of
from interventions.models import Claim, Comment, Intervention, Look, Status, Vote

CLAIM_SECONDS = 1800  # where no gate says otherwise
PRESENT = timedelta(seconds=45)  # a page says every 20 s that it is open; one missed word is forgiven
SECOND = Value(timedelta(seconds=1), DurationField())


def lapsed(claims: QuerySet[Claim], now: datetime) -> QuerySet[Claim]:
    """Claims whose holder has given no sign for as long as the gate allows, or is no longer here.

    A sign is the claim itself, a comment, a vote, or a look at the page; for the one who asked back, the reply.
    While the requester has been asked, nobody can be expected to do anything.
    """
    here = Q(intervention=OuterRef("intervention"))
    theirs = here & Q(by=OuterRef("by"))
    seconds = Coalesce("intervention__gate__claim_seconds", CLAIM_SECONDS)
    claims = claims.annotate(
        sign=Greatest(
            "at",
            _latest(Comment, here & (Q(by=OuterRef("by")) | Q(kind=Comment.Kind.REPLY)), "at"),
            _latest(Vote, theirs, "at"),
            _latest(Look, theirs, "seen_at"),
        ),
        patience=ExpressionWrapper(seconds * SECOND, output_field=DurationField()),
    )
    idle = Q(sign__lte=Value(now, DateTimeField()) - F("patience")) & ~Q(intervention__status=Status.AWAITING_REQUESTER)
    # Who claims something while they are away is here after all.
    gone_since = Absence.objects.current(now).filter(membership=OuterRef("by"), since__gte=OuterRef("at"))
    not_here = Q(Exists(gone_since)) | Q(by__ended_at__isnull=False) | Q(by__pilot__is_active=False)
    return claims.filter(idle | not_here)


def lookers_at(intervention: Intervention, now: datetime, but: Membership) -> Sequence[Membership]:
    """Who else has this question in front of them just now, the longest there first."""
    looks = Look.objects.filter(intervention=intervention, seen_at__gt=now - PRESENT).exclude(by=but)
    return [look.by for look in looks.select_related("by__pilot").order_by("pk")]


@dataclass(frozen=True)
class Takers:
    """Who may be given a question: members who may decide it, by name, and roles."""

    members: Sequence[Membership]
    roles: Sequence[str]


def takers_of(intervention: Intervention, actor: Membership) -> Takers:
    ours = members_of(actor.organization_id)
    fit = [one for one in ours.select_related("absence") if intervention.may_be_decided_by(one)]
    titles = map(title_of, roles_in(actor.organization_id).values_list("name", flat=True))
    return Takers(
        members=sorted(fit, key=lambda one: one.name.casefold()),
        roles=[title for title in titles if intervention.is_for_role(title)],
    )


def _latest(model: type[Comment | Vote | Look], of: Q, field: str) -> Subquery:
    found = model._default_manager.filter(of).order_by().values("intervention").annotate(latest=Max(field))
    return Subquery(found.values("latest"), output_field=DateTimeField())
