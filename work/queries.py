"""Page-shaped reads of units."""

from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Membership
from kit.errors import NotThere
from work.models import Unit


def unit_seen_by(actor: Membership, unit_id: UUID) -> Unit:
    """One unit with what its page and its JSON show. Raises NotThere.

    Nothing is said of a parent on a platform that is not shown.
    """
    found = (
        Unit.objects.visible_to(actor)
        .select_related("platform", "parent", "submitted_by__pilot")
        .filter(pk=unit_id)
        .first()
    )
    if found is None:
        raise NotThere(_("There is no such unit of work."))
    if found.parent is not None and not found.parent.is_visible_to(actor):
        found.parent = None
    return found


def children_of(unit: Unit, actor: Membership, limit: int = 100) -> list[Unit]:
    ours = Unit.objects.visible_to(actor).filter(parent=unit)
    return list(ours.order_by("pk").select_related("platform")[:limit])
