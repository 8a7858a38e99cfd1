"""Writing down how it went to tell the caller."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from audit.actions import record
from interventions.actions.holding import lock
from interventions.models import Delivery
from kit.errors import NotAllowed


@transaction.atomic
def note_delivery(
    intervention_id: UUID, *, actor: Membership, status_code: int | None = None, error: str = ""
) -> Delivery:
    """One attempt to tell the caller's URL: delivered when it answered 2xx, else the error. Only the system tells."""
    if not actor.is_system:
        raise NotAllowed(_("Only Chameleon itself tells callers."))
    intervention = lock(intervention_id, actor)
    delivery, _made = Delivery.objects.select_for_update().get_or_create(
        intervention=intervention, defaults={"url": intervention.callback_url}
    )
    delivery.attempts += 1
    delivery.status_code = status_code
    delivery.error = error[:300]
    delivery.tried_at = timezone.now()
    delivered = status_code is not None and 200 <= status_code < 300
    if delivered:
        delivery.delivered_at = delivery.tried_at
    delivery.save()
    record(
        "delivery.made" if delivered else "delivery.failed",
        actor=actor,
        subject=intervention,
        attempt=delivery.attempts,
        status_code=status_code,
    )
    return delivery
