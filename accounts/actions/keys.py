"""What programs sign in with."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.powers import refuse_unless, refuse_unless_fresh, refuse_unless_member
from accounts.models import ApiKey, Membership, Platform, digest_of
from accounts.roles import SCOPES
from audit.actions import record
from kit.errors import BadInput, NotThere, Refusal
from kit.rows import insert
from live.bus import announce

LONGEST_OVERLAP = timedelta(days=30)


@transaction.atomic
def create_key(
    membership: Membership,
    *,
    name: str,
    scopes: Sequence[str],
    actor: Membership,
    platform: Platform,
    expires_at: datetime | None = None,
    gates: Sequence[str] = (),
    networks: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    """Make a key for a membership; the text is returned once and never stored.

    `gates` are short names: it submits to them only, and sees and decides only what belongs to them. `networks` are
    the addresses and networks it may be used from. Without any, it is for all.
    """
    refuse_unless(actor, "accounts.manage_keys")
    refuse_unless_fresh(actor)
    refuse_unless_member(membership, actor)
    if platform.organization_id != actor.organization_id:
        raise NotThere(_("There is no such platform in this organization."))
    _check_key(membership, scopes, expires_at)
    key, text = _insert(
        membership=membership,
        platform=platform,
        name=name,
        scopes=sorted(set(scopes)),
        gates=sorted(set(gates)),
        networks=_read_networks(networks),
        created_by=actor,
        expires_at=expires_at,
    )
    record("key.created", actor=actor, subject=key, prefix=key.prefix, name=name, **_limits_of(key))
    return key, text


@transaction.atomic
def rotate_key(key_id: int, *, overlap: timedelta, actor: Membership) -> tuple[ApiKey, str]:
    """Make a key that takes the place of another, with the same limits; the old one ends after the overlap.

    A key that expires is followed by one that lives as long from now on. The overlap is from nothing to 30 days.
    """
    refuse_unless(actor, "accounts.manage_keys")
    refuse_unless_fresh(actor)
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise BadInput.field("overlap", _("from nothing to 30 days"))
    now = timezone.now()
    old = _lock(key_id, actor)
    if not old.is_usable(now) or old.is_rotated:
        raise Refusal(_("This key has ended or was rotated already."))
    _check_key(old.membership, old.scopes, None)
    lifetime = old.expires_at - old.created_at if old.expires_at else None
    kept = {field: getattr(old, field) for field in ("membership", "platform", "name", "scopes", "gates", "networks")}
    key, text = _insert(
        **kept, replaces=old, created_by=actor, created_at=now, expires_at=now + lifetime if lifetime else None
    )
    old.expires_at = min(now + overlap, old.expires_at or now + overlap)
    old.save(update_fields=["expires_at"])
    record("key.rotated", actor=actor, subject=key, prefix=key.prefix, was=old.prefix, until=old.expires_at.isoformat())
    _tell_of(old)
    return key, text


@transaction.atomic
def revoke_key(key_id: int, *, actor: Membership) -> None:
    """End a key at once: caches hear of it, and forget within a second even if they do not."""
    refuse_unless(actor, "accounts.manage_keys")
    key = _lock(key_id, actor)
    if key.revoked_at is not None:
        return
    key.revoked_at = Now()
    key.save(update_fields=["revoked_at"])
    record("key.revoked", actor=actor, subject=key, prefix=key.prefix)
    _tell_of(key)


@transaction.atomic
def note_refused_address(key_id: int, *, address: str, actor: Membership) -> None:
    """A key was sent from where it may not be used. Told once a minute: whoever has it may try as often as it likes."""
    now = timezone.now()
    untold = Q(refused_at=None) | Q(refused_at__lt=now - timedelta(minutes=1))
    ours = ApiKey.objects.filter(untold, pk=key_id, membership__organization_id=actor.organization_id)
    if ours.update(refused_at=now):
        key = ApiKey.objects.get(pk=key_id)
        record("key.refused", actor=actor, subject=key, prefix=key.prefix, address=address)


def note_key_used(digest: str) -> None:
    """Keep when a key was last used, to the minute: not a deed, so no ledger line."""
    now = timezone.now()
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - timedelta(minutes=1))
    ApiKey.objects.filter(stale, digest=digest).update(last_used_at=now)


def _insert(**about: Any) -> tuple[ApiKey, str]:
    prefix = f"chm_{secrets.token_hex(4)}"
    text = f"{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey(prefix=prefix, digest=digest_of(text), **about)
    insert(key, taken=_("Try again: this key was made just now."))
    return key, text


def _lock(key_id: int, actor: Membership) -> ApiKey:
    ours = ApiKey.objects.filter(membership__organization_id=actor.organization_id).select_related("membership__pilot")
    key = ours.select_for_update(of=("self",)).filter(pk=key_id).first()
    if key is None:
        raise NotThere(_("There is no such key in this organization."))
    return key


def _tell_of(key: ApiKey) -> None:
    """Caches forget it, and what is open with it is asked again who it is."""
    organization_id = key.membership.organization_id
    announce("accounts.key", key.digest, organization_id=organization_id)
    announce("accounts.session", str(key.membership_id), organization_id=organization_id)


def _limits_of(key: ApiKey) -> dict[str, Any]:
    """For the ledger: what narrows it, where anything does."""
    return {name: getattr(key, name) for name in ("scopes", "gates", "networks") if getattr(key, name)}


def _read_networks(said: Sequence[str]) -> list[str]:
    """As they are written back: `203.0.113.9` is a network of one. Raises BadInput."""
    try:
        return sorted({str(ip_network(one.strip())) for one in said})
    except ValueError as wrong:
        raise BadInput.field("networks", _("not an address or network: %(why)s") % {"why": wrong}) from None


def _check_key(membership: Membership, scopes: Sequence[str], expires_at: datetime | None) -> None:
    if membership.ended_at is not None or not membership.pilot.is_active:
        raise Refusal(_("%(who)s is no longer a member; a key would open nothing.") % {"who": membership.name})
    if not scopes or not set(scopes) <= set(SCOPES):
        raise BadInput.field("scopes", _("choose one or more of %(scopes)s") % {"scopes": ", ".join(SCOPES)})
    if expires_at is not None and expires_at <= timezone.now():
        raise BadInput.field("expires_at", _("this moment has passed"))
