"""Who has a question in front of them. A heartbeat, not a deed: no ledger line, and swept away when it stops."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from interventions.models import Claim, Intervention, Look
from interventions.queries.hands import PRESENT
from kit.errors import NotThere
from live.bus import Hint, announce, announce_many

MOST_AT_ONCE = 20  # pages of one pilot; a program that opens more is not somebody who looks
TOO_SOON = PRESENT / 9  # a page says it every 20 s; what comes faster is not written down


@transaction.atomic
def look(intervention_id: UUID, *, actor: Membership, gone: bool = False) -> None:
    """The page of an open question is in front of somebody, or with `gone` no longer is.

    Others are told when somebody comes or goes, not at each beat.
    """
    intervention = Intervention.objects.visible_to(actor).filter(pk=intervention_id).only("pk", "status").first()
    if intervention is None:
        raise NotThere(_("There is no such question."))
    now = timezone.now()
    known = Look.objects.filter(intervention=intervention, by=actor).first()
    is_here = known is not None and known.seen_at > now - PRESENT
    if gone:
        if is_here:  # kept, but too old to be seen: a holder's last look says how long their claim lasts
            Look.objects.filter(intervention=intervention, by=actor).update(seen_at=now - PRESENT)
            _tell(intervention, actor)
        return
    if not intervention.is_open or (known is not None and known.seen_at > now - TOO_SOON):
        return
    Look.objects.update_or_create(intervention=intervention, by=actor, defaults={"seen_at": now})
    if not is_here:
        _forget_the_oldest(actor)
        _tell(intervention, actor)


@transaction.atomic
def sweep_looks(now: datetime) -> int:
    """Forget who has gone without a word, and tell those who still look. The clock's turn.

    The last look of who holds a claim stays with the claim.
    """
    held = Claim.objects.filter(intervention=OuterRef("intervention"), by=OuterRef("by"))
    stale = Look.objects.filter(seen_at__lte=now - PRESENT).annotate(is_held=Exists(held))
    left = list(stale.filter(is_held=False).select_related("intervention").only("intervention__organization"))
    just_left = stale.filter(is_held=True, seen_at__gt=now - 2 * PRESENT)
    told = {(str(one.intervention_id), one.intervention.organization_id) for one in left}
    told |= {(str(pk), of) for pk, of in just_left.values_list("intervention", "intervention__organization")}
    Look.objects.filter(pk__in=[one.pk for one in left], seen_at__lte=now - PRESENT).delete()
    announce_many(Hint("interventions.presence", pk, of) for pk, of in sorted(told))
    return len(left)


def _forget_the_oldest(actor: Membership) -> None:
    kept = Look.objects.filter(by=actor).order_by("-seen_at").values_list("pk", flat=True)[:MOST_AT_ONCE]
    Look.objects.filter(by=actor).exclude(pk__in=list(kept)).delete()


def _tell(intervention: Intervention, actor: Membership) -> None:
    announce("interventions.presence", str(intervention.pk), organization_id=actor.organization_id)
