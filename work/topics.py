"""What a browser may listen to about units: that one has changed. Its page then asks for itself anew."""

from datetime import datetime
from typing import Any
from uuid import UUID

from accounts.models import Membership
from live.topics import Topic, register
from work.models import Unit


def may_see(actor: Membership, key: str) -> bool:
    unit_id = _as_id(key)
    return unit_id is not None and Unit.objects.visible_to(actor).filter(pk=unit_id).exists()


def render_states(organization_id: int, keys: list[str], audience: int) -> dict[str, Any]:
    ids = {key: unit_id for key in keys if (unit_id := _as_id(key))}
    found = dict(Unit.objects.filter(organization_id=audience, pk__in=ids.values()).values_list("pk", "status"))
    return {key: {"status": found[unit_id]} if unit_id in found else None for key, unit_id in ids.items()}


def changed_since(actor: Membership, key: str, since: datetime) -> list[str]:
    unit_id = _as_id(key)
    changed = Unit.objects.visible_to(actor).filter(pk=unit_id, updated_at__gte=since)
    return [key] if changed.exists() else []


def _as_id(key: str) -> UUID | None:
    """A key is whatever somebody asked to listen to."""
    try:
        return UUID(key)
    except ValueError:
        return None


register(Topic("work.unit", may_see, lambda actor: actor.organization_id, render_states, changed_since))
