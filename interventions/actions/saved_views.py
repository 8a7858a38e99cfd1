"""Ways to look at the queue that are worth a name."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from audit.actions import record
from interventions.models import SavedView
from kit.canonical import check_json
from kit.errors import BadInput, NotAllowed, NotThere, Refusal

MOST_EACH = 30


@transaction.atomic
def create_saved_view(name: str, *, query: str, is_shared: bool = False, actor: Membership) -> SavedView:
    """Keep the queue as it is narrowed, under a name. `query` is the address without its question mark."""
    _refuse_unless_viewer(actor)
    _check(name, query)
    own = SavedView.objects.filter(owner=actor)
    if own.count() >= MOST_EACH:
        raise Refusal(_("You have %(most)s views already. Delete one first.") % {"most": MOST_EACH})
    _refuse_if_taken(name, actor)
    view = SavedView.objects.create(owner=actor, name=name.strip(), query=query, is_shared=is_shared)
    record("saved_view.created", actor=actor, subject=view, name=view.name, query=query, is_shared=is_shared)
    return view


@transaction.atomic
def change_saved_view(view_id: int, *, name: str, is_shared: bool, actor: Membership) -> SavedView:
    """Give one's own view another name, share it with the organization, or keep it to oneself again."""
    view = _own(view_id, actor)
    _check(name, view.query)
    _refuse_if_taken(name, actor, but=view)
    view.name, view.is_shared = name.strip(), is_shared
    view.save(update_fields=["name", "is_shared"])
    record("saved_view.changed", actor=actor, subject=view, name=view.name, is_shared=is_shared)
    return view


@transaction.atomic
def delete_saved_view(view_id: int, *, actor: Membership) -> None:
    """Take one's own view away, from everybody it was shared with."""
    view = _own(view_id, actor)
    record("saved_view.deleted", actor=actor, subject=view, name=view.name, query=view.query)
    view.delete()


def _own(view_id: int, actor: Membership) -> SavedView:
    _refuse_unless_viewer(actor)
    visible = SavedView.objects.visible_to(actor).select_related("owner__pilot")
    view = visible.select_for_update(of=("self",)).filter(pk=view_id).first()
    if view is None:
        raise NotThere(_("There is no such view."))
    if view.owner_id != actor.pk:
        raise NotAllowed(_("This view is %(who)s's; only they may change it.") % {"who": view.owner.name})
    return view


def _refuse_unless_viewer(actor: Membership) -> None:
    if not actor.has_power("interventions.view_intervention"):
        raise NotAllowed(_("Your role does not see the queue."))


def _refuse_if_taken(name: str, actor: Membership, but: SavedView | None = None) -> None:
    taken = SavedView.objects.filter(owner=actor, name=name.strip()).first()
    if taken is not None and taken != but:
        raise Refusal(_("You already have a view of that name."))


def _check(name: str, query: str) -> None:
    for field, text, most in (("name", name, 60), ("query", query, 1000)):
        check_json(text, field)
        if len(text) > most:
            raise BadInput.field(field, _("at most %(most)s characters") % {"most": most})
    if not name.strip():
        raise BadInput.field("name", _("a view needs a name"))
