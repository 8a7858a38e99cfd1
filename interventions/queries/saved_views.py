"""The tabs over the queue that pilots have made themselves."""

from dataclasses import dataclass

from accounts.models import Membership
from interventions.models import SavedView

MOST = 30


@dataclass(frozen=True)
class Views:
    """Those to show, and the one the page is narrowed to now. `query` is the address as it is."""

    all: list[SavedView]
    now: SavedView | None
    query: str
    is_mine: bool


def saved_views(actor: Membership, query: str) -> Views:
    """One's own and the shared ones; where two say the same as the address, one's own is the one."""
    found = list(SavedView.objects.visible_to(actor).select_related("owner__pilot")[:MOST])
    same = sorted((view for view in found if view.query == query), key=lambda view: view.owner_id != actor.pk)
    now = same[0] if same else None
    return Views(found, now, query, bool(now and now.owner_id == actor.pk))
