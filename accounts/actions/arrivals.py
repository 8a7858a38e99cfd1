"""Coming in through a provider: who somebody is by what it tells of them."""

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import directory
from accounts.actions.directory import go_by
from accounts.actions.factors import refuse_if_last_way_in
from accounts.actions.grants import keep_grant
from accounts.actions.members import grant_role
from accounts.actions.powers import refuse_unless_system
from accounts.actions.provisioning import recognize
from accounts.models import Grant, Identity, Membership, Organization, Origin, Pilot
from accounts.providers import name_of
from accounts.queries import system_of, waited_for
from accounts.roles import is_role
from audit.actions import record
from kit.errors import NotAllowed, Refusal
from kit.rows import check_row

NOBODY = "nobody"  # CHAMELEON_FIRST_ROLE: signed in, and a member of nothing until somebody invites them
PLAIN = re.compile(r"[\w.@+#-]{1,120}")  # what stands in a public id


@dataclass(frozen=True)
class Facts:
    """What a provider told of somebody who has just signed in there, once.

    `emails` are those it vouches for, the one they prefer first; any other is not worth keeping. `claims` is all it
    said, as it said it, for rules about roles; `scopes` is what they let us ask there; `unread` are the kinds of facts,
    as rules name them, that it would not or could not tell.
    """

    provider: str
    issuer: str
    uid: str
    login: str = ""
    name: str = ""
    emails: tuple[str, ...] = ()
    avatar_url: str = ""
    scopes: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=dict, repr=False)
    unread: frozenset[str] = frozenset()


@transaction.atomic
def arrive(facts: Facts, *, actor: Membership, grant: Grant | None = None) -> Identity:
    """Somebody signs in through a provider: as the pilot they are, on a first sign-in as a new one.

    `actor` is the system of the organization that takes people in; a new pilot becomes a member there, as what the
    installation says. An account that exists is never joined to it because of an e-mail address. Raises Unavailable
    when a rule looks at what the provider did not tell.
    """
    refuse_unless_system(actor)
    email = _admitted(facts)
    identity = _known(facts) or _first(facts, email, actor)
    if identity.pilot.is_active:  # who was switched off gets no further, and nothing of theirs is touched
        _follow(identity, facts, email, actor)
        told = _for_rules(identity.pilot, facts)
        recognize(identity.pilot, told)
        go_by(identity.pilot, told)
        keep_grant(identity, grant)
    return identity


@transaction.atomic
def connect_identity(facts: Facts, *, actor: Membership, grant: Grant | None = None) -> Identity:
    """Another way to sign in for the actor, who has just proved to be both. Connecting it again changes nothing."""
    _admitted(facts)
    identity = _known(facts)
    if identity is not None and identity.pilot_id != actor.pilot_id:
        raise Refusal(
            _("That account at %(provider)s signs in somebody else here.") % {"provider": name_of(facts.provider)}
        )
    if identity is None:
        identity = _new_identity(actor.pilot, facts)
        record("pilot.connected", actor=actor, subject=actor.pilot, provider=name_of(facts.provider), login=facts.login)
    keep_grant(identity, grant)
    return identity


@transaction.atomic
def disconnect_identity(identity_id: int, *, actor: Membership) -> None:
    """One way to sign in less, for the actor; never the last. What it may do there is given back by a job."""
    pilot = actor.pilot
    identity = pilot.identities.standing().filter(pk=identity_id).first()
    if identity is None:
        return
    refuse_if_last_way_in(pilot, identity)
    identity.ended_at, identity.leads = timezone.now(), False
    identity.save(update_fields=["ended_at", "leads"])
    record("pilot.disconnected", actor=actor, subject=pilot, provider=name_of(identity.provider), login=identity.login)


def _admitted(facts: Facts) -> str:
    """The address to know somebody by, "" when the provider vouches for none. Raises NotAllowed."""
    domains = settings.EMAIL_DOMAINS
    if not domains:
        return facts.emails[0] if facts.emails else ""
    ours = [email for email in facts.emails if email.rpartition("@")[2].lower() in domains]
    if not ours:
        raise NotAllowed(
            _("Only addresses at %(domains)s come in here, and %(provider)s vouches for none of yours there.")
            % {"domains": ", ".join(domains), "provider": name_of(facts.provider)}
        )
    return ours[0]


def _known(facts: Facts) -> Identity | None:
    known = Identity.objects.standing().select_related("pilot").select_for_update(of=("self",))
    return known.filter(issuer=facts.issuer, uid=facts.uid).first()


def _first(facts: Facts, email: str, actor: Membership) -> Identity:
    Organization.objects.select_for_update().only("pk").get(pk=actor.organization_id)  # two browsers arrive at once
    if known := _known(facts):
        return known
    if email and Pilot.objects.filter(email__iexact=email).exists():
        raise Refusal(
            _(
                "There already is an account with the address %(email)s. Sign in the way you usually do, "
                "and connect %(provider)s on your profile page."
            )
            % {"email": email, "provider": name_of(facts.provider)}
        )
    role = _first_role(actor)
    pilot = _new_pilot(facts, email)
    identity = _new_identity(pilot, facts, leads=True)
    record("pilot.arrived", actor=actor, subject=pilot, pilot=pilot.public_id, provider=name_of(facts.provider))
    expected = {user.organization_id for user in waited_for(_for_rules(pilot, facts))}
    if role != NOBODY and not expected:  # of whom a directory tells, it says where they are let in
        grant_role(pilot, role, actor=actor, origin=Origin.ARRIVAL)
    return identity


def _first_role(actor: Membership) -> str:
    role: str = settings.FIRST_ROLE
    if role != NOBODY and not is_role(role, actor.organization_id):
        raise Refusal(
            _("There is no role “%(role)s” for those who sign in for the first time. Tell whoever runs this server.")
            % {"role": role}
        )
    return role


def _new_pilot(facts: Facts, email: str) -> Pilot:
    name = _free_name(facts)
    pilot = Pilot(username=name, public_id=name, email=email)
    _adopt(pilot, facts)
    pilot.set_unusable_password()
    check_row(pilot, but=("username",))  # it has a colon, which keeps it apart from every name that is typed here
    pilot.save(force_insert=True)
    return pilot


def _new_identity(pilot: Pilot, facts: Facts, *, leads: bool = False) -> Identity:
    return Identity.objects.create(
        pilot=pilot, provider=facts.provider, issuer=facts.issuer, uid=facts.uid, login=_plain(facts.login), leads=leads
    )


def _follow(identity: Identity, facts: Facts, email: str, actor: Membership) -> None:
    """Bring what we know up to date. Only the account that made a pilot says how they are called."""
    pilot = identity.pilot
    identity.last_used_at, identity.login = timezone.now(), _plain(facts.login)
    identity.save(update_fields=["last_used_at", "login"])
    if not identity.leads:
        return
    changed = _adopt(pilot, facts)
    if email and email != pilot.email and not Pilot.objects.filter(email__iexact=email).exclude(pk=pilot.pk).exists():
        pilot.email = email
        changed.append("email")
    if changed:
        check_row(pilot, but=("username",))
        pilot.save(update_fields=changed)
        told = {"pilot": pilot.public_id, "provider": name_of(facts.provider), "changed": changed}
        record("pilot.synced", actor=_on_behalf_of(pilot, actor), subject=pilot, **told)


def _for_rules(pilot: Pilot, told: Facts) -> directory.Facts:
    """The facts that rules look at. Who somebody is and which addresses are theirs was settled before."""
    facts = directory.facts_as_told(told.provider, told.uid, told.claims, sorted(told.scopes), told.unread)
    mail = told.emails[0] if told.emails else ""
    domain = facts.domain if told.provider == "google" else mail.rpartition("@")[2]
    known = {"uid": told.uid, "public_id": pilot.public_id, "mail": mail, "domain": domain}
    return msgspec.structs.replace(facts, scopes=tuple(sorted(told.scopes)), **known)


def _adopt(pilot: Pilot, facts: Facts) -> list[str]:
    """Take over name and picture; what of them has changed."""
    wanted = {"name": _plain(facts.name) or pilot.name, "avatar_url": _https(facts.avatar_url)}
    changed = [field for field, value in wanted.items() if getattr(pilot, field) != value]
    for name in changed:
        setattr(pilot, name, wanted[name])
    return changed


def _on_behalf_of(pilot: Pilot, actor: Membership) -> Membership:
    """The line belongs into the ledger of an organization that knows the pilot: their own system writes it."""
    ours = pilot.memberships.filter(ended_at=None).order_by("pk")
    membership = ours.filter(organization_id=actor.organization_id).first() or ours.first()
    if membership is None or membership.organization_id == actor.organization_id:
        return actor
    return system_of(membership.organization_id)


def _free_name(facts: Facts) -> str:
    """`github:octocat`; where that is another's, who had the name before or has it now, with the number behind it."""
    login = unicodedata.normalize("NFKC", facts.login)
    uid = facts.uid if PLAIN.fullmatch(facts.uid) else hashlib.sha256(facts.uid.encode()).hexdigest()[:20]
    if not PLAIN.fullmatch(login):
        return f"{facts.provider}:{uid}"
    name = f"{facts.provider}:{login}"
    taken = Pilot.objects.filter(Q(username__iexact=name) | Q(public_id__iexact=name)).exists()
    return f"{name[:60]}-{uid[:80]}" if taken else name


def _plain(text: str) -> str:
    """One line of printable words, as long as its column."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:200]


def _https(url: str) -> str:
    try:
        URLValidator(schemes=["https"])(url)
    except ValidationError:
        return ""
    return url if len(url) <= 500 else ""
