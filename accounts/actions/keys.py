"""What programs sign in with."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.powers import refuse_unless, refuse_unless_member
from accounts.models import ApiKey, Membership, Platform, digest_of
from accounts.roles import SCOPES
from audit.actions import record
from kit.errors import BadInput, NotThere, Refusal
from kit.rows import insert
from live.bus import announce


@transaction.atomic
def create_key(
    membership: Membership,
    *,
    name: str,
    scopes: Sequence[str],
    actor: Membership,
    platform: Platform,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key for a membership; the text is returned once and never stored."""
    refuse_unless(actor, "accounts.manage_keys")
    refuse_unless_member(membership, actor)
    if platform.organization_id != actor.organization_id:
        raise NotThere(_("There is no such platform in this organization."))
    _check_key(membership, scopes, expires_at)
    prefix = f"chm_{secrets.token_hex(4)}"
    text = f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(
        membership=membership,
        platform=platform,
        name=name,
        prefix=prefix,
        digest=digest_of(text),
        scopes=sorted(set(scopes)),
        created_by=actor,
        expires_at=expires_at,
    )
    insert(key, taken=_("Try again: this key was made just now."))
    record("key.created", actor=actor, subject=key, prefix=prefix, scopes=key.scopes, name=name)
    return key, text


@transaction.atomic
def revoke_key(key_id: int, *, actor: Membership) -> None:
    """End a key at once: caches hear of it, and forget within a second even if they do not."""
    refuse_unless(actor, "accounts.manage_keys")
    ours = ApiKey.objects.filter(membership__organization_id=actor.organization_id)
    key = ours.select_for_update(of=("self",)).filter(pk=key_id).first()
    if key is None:
        raise NotThere(_("There is no such key in this organization."))
    if key.revoked_at is not None:
        return
    key.revoked_at = Now()
    key.save(update_fields=["revoked_at"])
    record("key.revoked", actor=actor, subject=key, prefix=key.prefix)
    announce("accounts.key", key.digest, organization_id=actor.organization_id)
    announce("accounts.session", str(key.membership_id), organization_id=actor.organization_id)


def note_key_used(digest: str) -> None:
    """Keep when a key was last used, to the minute: not a deed, so no ledger line."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(minutes=1))
    ApiKey.objects.filter(stale, digest=digest).update(last_used_at=now)


def _check_key(membership: Membership, scopes: Sequence[str], expires_at: datetime | None) -> None:
    if membership.ended_at is not None or not membership.pilot.is_active:
        raise Refusal(_("%(who)s is no longer a member; a key would open nothing.") % {"who": membership.name})
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadInput.field("scopes", _("choose one or more of %(scopes)s") % {"scopes": ", ".join(SCOPES)})
    if expires_at is not None and expires_at <= timezone.now():
        raise BadInput.field("expires_at", _("this moment has passed"))
