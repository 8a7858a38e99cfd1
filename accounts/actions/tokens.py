"""Access and refresh tokens: given, refreshed, and taken back with their whole family."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.powers import refuse_unless
from accounts.actions.signing import key_to_sign_with
from accounts.jwts import signed
from accounts.models import Membership, RefreshToken, TokenFamily, digest_of
from accounts.roles import ADMIN_SCOPE, PROVISION_SCOPE, SCOPES
from audit.actions import record
from kit.errors import BadInput, NotAllowed, NotThere
from kit.ids import uuid7
from kit.requests import came_from
from live.bus import announce

# An answer may get lost on its way. Whoever comes again with the same token so soon gets another one, and the one
# that got lost dies with it: of two holders of one token, the second to come ends the family all the same.
GRACE = timedelta(seconds=10)
KEPT = timedelta(days=30)  # for whoever looks into it; the ledger keeps who signed in and how it ended


class Issued(NamedTuple):
    """Both tokens, in clear: they are told once and stored nowhere."""

    access: str
    refresh: str
    family: TokenFamily
    until: datetime  # of the access token


@transaction.atomic
def issue_tokens(*, actor: Membership, scopes: Sequence[str] = ()) -> Issued:
    """Sign a program in as the actor: a short access token, and a refresh token for the next one.

    Without `scopes`, all that the key in use is for; without a key, all that the role allows but `admin`, which has
    to be asked for.
    Raises BadInput, NotAllowed.
    """
    if actor.family_id is not None:
        raise NotAllowed(_("A token does not make another one: refresh it, or use a key or a password."))
    now = timezone.now()
    family = TokenFamily.objects.create(
        membership_id=actor.pk,
        key_id=actor.key_id,
        scopes=_scopes_for(actor, scopes),
        password_mark="" if actor.key_id else actor.pilot.get_session_auth_hash(),
        came_from=came_from(),
        created_at=now,
        refreshed_at=now,
        expires_at=_end_of_family(actor, now),
    )
    refresh, _token = _refresh_token(family)
    record("token.issued", actor=actor, subject=family, scopes=family.scopes, by="key" if actor.key_id else "pilot")
    return _issued(family, actor, refresh)


@transaction.atomic
def refresh_tokens(text: str, *, actor: Membership) -> Issued | None:
    """Change a refresh token into a new pair; it is good for one use.

    None when it was used before: somebody else has it, too, so its family has ended, and that is recorded.
    Raises NotThere when it is not one of the actor's.
    """
    family = _lock(TokenFamily.objects.filter(refresh_tokens__digest=digest_of(text), membership_id=actor.pk))
    token = family.refresh_tokens.select_related("successor").get(digest=digest_of(text))
    now = timezone.now()
    if token.used_at is not None and not _got_lost(token, now):
        record("token.replayed", actor=actor, subject=family)
        _end(family, actor)
        return None
    refresh, successor = _refresh_token(family)
    if token.successor is not None:
        RefreshToken.objects.filter(pk=token.successor.pk).update(used_at=now)
    token.used_at, token.successor = token.used_at or now, successor
    token.save(update_fields=["used_at", "successor"])
    family.refreshed_at = now
    family.save(update_fields=["refreshed_at"])
    return _issued(family, actor, refresh)


@transaction.atomic
def revoke_tokens(family_id: UUID, *, actor: Membership) -> None:
    """End a family of tokens at once: one's own, or for those who manage keys any of the organization's."""
    family = _lock(TokenFamily.objects.filter(pk=family_id, membership__organization_id=actor.organization_id))
    if family.membership_id != actor.pk:
        refuse_unless(actor, "accounts.manage_keys")
    record("token.revoked", actor=actor, subject=family)
    _end(family, actor)


def sweep_tokens(now: datetime) -> int:
    """Forget families that ran out a month ago, with their refresh tokens. How many there were."""
    over = TokenFamily.objects.filter(expires_at__lt=now - KEPT)
    count = over.count()
    over.delete()
    return count


def _scopes_for(actor: Membership, asked: Sequence[str]) -> list[str]:
    allowed = [scope for scope, powers in SCOPES.items() if powers & actor.powers]
    if not set(asked) <= set(allowed):
        raise BadInput.field("scopes", _("choose among %(scopes)s") % {"scopes": ", ".join(allowed)})
    by_default = [scope for scope in allowed if scope not in (ADMIN_SCOPE, PROVISION_SCOPE) or actor.key_id]
    found = sorted(set(asked)) or by_default
    if not found:
        raise NotAllowed(_("Your role or key has no power that a token could carry."))
    return found


def _end_of_family(actor: Membership, now: datetime) -> datetime:
    latest = now + timedelta(seconds=settings.REFRESH_SECONDS)
    return min(latest, actor.good_until) if actor.good_until else latest


def _lock(wanted: object) -> TokenFamily:
    alive: TokenFamily | None = wanted.alive(timezone.now()).select_for_update(of=("self",)).first()  # type: ignore[attr-defined]
    if alive is None:
        raise NotThere(_("This token is not known, has run out or was revoked."))
    return alive


def _got_lost(token: RefreshToken, now: datetime) -> bool:
    """Whether the answer to its use may not have arrived: it was a moment ago, and nobody came with what it gave."""
    after = token.successor
    return after is not None and after.used_at is None and token.used_at is not None and now - token.used_at < GRACE


def _refresh_token(family: TokenFamily) -> tuple[str, RefreshToken]:
    text = f"chr_{secrets.token_urlsafe(32)}"
    return text, RefreshToken.objects.create(family=family, digest=digest_of(text))


def _issued(family: TokenFamily, actor: Membership, refresh: str) -> Issued:
    now = timezone.now()
    until = min(now + timedelta(seconds=settings.ACCESS_SECONDS), family.expires_at)
    kid, private = key_to_sign_with()
    claims = {
        "jti": str(uuid7()),
        "sub": actor.pilot.public_id,
        "org": actor.organization.slug,
        "fam": str(family.pk),
        "scope": " ".join(family.scopes),
    }
    access = signed(claims, kid=kid, private=private, now=now, until=until)
    return Issued(access, refresh, family, until)


def _end(family: TokenFamily, actor: Membership) -> None:
    family.ended_at = timezone.now()
    family.save(update_fields=["ended_at"])
    for topic in ("accounts.key", "accounts.session"):  # caches forget, sockets are asked again who they are
        announce(topic, str(family.membership_id), organization_id=actor.organization_id)
