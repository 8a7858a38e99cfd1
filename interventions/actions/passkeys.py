"""A gate may ask for a passkey, given for this very act: what is signed is bound to the question and what would run."""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Membership
from accounts.passkeys import NotSigned, challenge_in, has_passkey, options_for, signed_by
from interventions.actions.holding import Deed, check_value, lock, refuse_unless_open, refuse_unless_operator
from interventions.models import APPROVALS, Act, Challenge, Intervention
from kit.errors import Refusal

VALID = timedelta(minutes=2)


@transaction.atomic
def begin_passkey(
    intervention_id: UUID, *, act: str, host: str, actor: Membership, edited: Any = None
) -> dict[str, Any]:
    """What the actor's passkey is to sign to press `act` here, at the address `host`: good once, for two minutes."""
    intervention = lock(intervention_id, actor)
    refuse_unless_open(intervention, act, actor=actor)
    refuse_unless_operator(intervention, actor)
    if not has_passkey(actor.pilot):
        raise _missing(actor)
    now = timezone.now()
    Challenge.objects.filter(Q(by=actor, intervention=intervention) | Q(at__lte=now - VALID)).delete()
    deed = Deed(Act(act), edited=edited)
    asked = Challenge(
        intervention=intervention,
        by=actor,
        act=deed.act,
        content_hash=decided_hash(intervention, deed),
        nonce=secrets.token_hex(16),
        host=host,
        at=now,
    )
    challenge = _challenge_of(asked)
    asked.digest = challenge.hex()
    asked.save(force_insert=True)
    return options_for(actor.pilot, challenge, host)


def signed(intervention: Intervention, deed: Deed, assertion: Any, actor: Membership) -> Deed:
    """The deed with the credential that signed it, where the gate asks for one. Raises Refusal."""
    if not intervention.passkey_required or deed.act not in APPROVALS:
        return deed
    if not assertion:
        raise _missing(actor)
    found = Challenge.objects.select_for_update().filter(digest=challenge_in(assertion).hex(), by=actor).first()
    if found is None or not _is_for(found, intervention, deed):
        raise _not_accepted()
    found.delete()
    try:
        return deed._replace(passkey=signed_by(actor.pilot, _challenge_of(found), found.host, assertion))
    except NotSigned:
        raise _not_accepted() from None


def decided_hash(intervention: Intervention, deed: Deed) -> str:
    """Of what would run: as proposed, or as edited."""
    return intervention.content_hash if deed.edited is None else check_value(deed.edited, "edited")


def _is_for(found: Challenge, intervention: Intervention, deed: Deed) -> bool:
    is_same = (found.intervention_id, found.act) == (intervention.pk, deed.act)
    is_in_time = found.at > timezone.now() - VALID
    return is_same and is_in_time and found.content_hash == decided_hash(intervention, deed)


def _challenge_of(asked: Challenge) -> bytes:
    return sha256("\n".join([asked.nonce, asked.act, str(asked.intervention_id), asked.content_hash]).encode()).digest()


def _missing(actor: Membership) -> Refusal:
    sentence = _("This gate asks for a passkey, given for this one question on its page.")
    if not has_passkey(actor.pilot):
        sentence += " " + _("You have none yet: add one in your profile.")
    return _refusal(sentence)


def _not_accepted() -> Refusal:
    return _refusal(_("The passkey was not accepted: it was given for something else, or too late. Press again."))


def _refusal(sentence: str) -> Refusal:
    return Refusal(sentence, type="urn:chameleon:problem:passkey-missing", code="passkey_missing")
