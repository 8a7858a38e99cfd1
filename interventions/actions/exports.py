"""Taking records out of the house: whoever does, the ledger says so, and what was asked for."""

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Membership
from audit.actions import record
from kit.errors import NotAllowed


@transaction.atomic
def export_history(*, filters: str, form: str, actor: Membership) -> None:
    """Settled questions as a file; `filters` as in the address of the page, `form` csv or jsonl."""
    if not actor.has_power("interventions.view_intervention"):
        raise NotAllowed(_("Your role may not take the history out as a file."))
    record("history.exported", actor=actor, subject=actor.organization, filters=filters, form=form)


@transaction.atomic
def export_ledger(*, filters: str, form: str, actor: Membership) -> None:
    """Lines of the ledger as a file; the line this leaves is the newest in it."""
    if not actor.has_power("audit.view_entry"):
        raise NotAllowed(_("Your role or key may not read the ledger."))
    record("ledger.exported", actor=actor, subject=actor.organization, filters=filters, form=form)
