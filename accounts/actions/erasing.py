"""A person is erased: what is theirs alone goes, what they did stays under a pseudonym. There is no way back."""

import secrets
from collections.abc import Collection

from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from accounts.actions.organizations import SYSTEM_PILOT
from accounts.actions.parting import part
from accounts.actions.pilots import check_reason, who_did
from accounts.actions.powers import (
    refuse_if_last,
    refuse_unless,
    refuse_unless_fresh,
    refuse_unless_member,
    refuse_unless_only_ours,
    refuse_unless_platform_administrator,
)
from accounts.actions.pseudonyms import PSEUDONYM
from accounts.actions.sessions import tell_sessions_of
from accounts.models import (
    ERASED,
    ApiKey,
    DirectoryFacts,
    DirectoryRule,
    Invitation,
    LooksAt,
    Membership,
    Pilot,
    PlatformRole,
    Preferences,
    ProvisionedUser,
    TokenFamily,
)
from accounts.queries import system_of
from accounts.signals import pilot_erased
from audit.actions import Person, forget, record
from audit.models import Entry
from kit.errors import Refusal
from live.bus import Hint, announce_many


@transaction.atomic
def erase_pilot(pilot: Pilot, *, by: Pilot | None, reason: str) -> str:
    """Erase somebody from the whole installation; returns the pseudonym that their records go by from now on.

    `by` is a platform administrator, None whoever runs the machine. Each of their organizations is told in its ledger.
    """
    if by is not None:
        refuse_unless_platform_administrator(by)
    if by is not None and by.pk == pilot.pk:
        raise Refusal(_("You cannot erase yourself. Another platform administrator can."))
    _refuse_unless_person(pilot)
    check_reason(reason)
    organizations = {one.organization_id for one in pilot.memberships.all()}
    pseudonym = _erase(pilot)
    for pk in sorted(organizations):
        told = {"pilot": pseudonym, "by": who_did(by), "reason": reason}
        record("pilot.erased", actor=system_of(pk), subject=pilot, **told)
    return pseudonym


@transaction.atomic
def erase_member(membership: Membership, *, actor: Membership, reason: str) -> str:
    """Erase somebody who is, and was, a member of the actor's organization and of no other; returns the pseudonym."""
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    refuse_unless_member(membership, actor)
    if membership.pilot_id == actor.pilot_id:
        raise Refusal(_("You cannot erase yourself. Another Admin can."))
    pilot = membership.pilot
    refuse_unless_only_ours(
        pilot,
        actor,
        _("This person belongs to more than this organization; only a platform administrator erases them."),
    )
    refuse_if_last(membership, actor)
    _refuse_unless_person(pilot)
    check_reason(reason)
    pseudonym = _erase(pilot)
    record("pilot.erased", actor=actor, subject=pilot, pilot=pseudonym, by=actor.name, reason=reason)
    return pseudonym


def _refuse_unless_person(pilot: Pilot) -> None:
    Pilot.objects.select_for_update().only("pk").get(pk=pilot.pk)  # two may press it at once
    pilot.refresh_from_db()
    if pilot.username == SYSTEM_PILOT:
        raise Refusal(_("This account is Chameleon's own."))
    if pilot.is_machine:
        raise Refusal(_("A machine is no person. Switch its account off instead."))
    if pilot.is_erased:
        raise Refusal(_("This person is erased already."))


def _erase(pilot: Pilot) -> str:
    mark = secrets.token_hex(4)
    person = _person(pilot, PSEUDONYM.format(mark))
    _end_what_is_open(pilot)
    forget(person)
    pilot_erased.send(Pilot, person=person)  # while it still has the names that others wrote
    _forget_what_was_asked_of_others(pilot, person)
    _empty(pilot, mark, person.pseudonym)
    return person.pseudonym


def _person(pilot: Pilot, pseudonym: str) -> Person:
    memberships = list(pilot.memberships.values_list("pk", "organization_id"))
    logins = {login for login in pilot.identities.values_list("login", flat=True) if login}
    addresses = {one for one in (pilot.email, pilot.public_id) if one}
    by_scim = list(pilot.provisioned.all())
    told = {one.user_name for one in by_scim} | {one.name for one in by_scim}
    addresses |= {address for one in by_scim for address in one.addresses}
    signed = Entry.objects.filter(actor__in=[pk for pk, _organization in memberships]).order_by("actor_name")
    before = signed.values_list("actor_name", flat=True).distinct()  # what they were called over time
    invited = Q(accepted_by__pilot=pilot) | (Q(email__iexact=pilot.email) if pilot.email else Q(pk__in=[]))
    return Person(
        pilot_id=pilot.pk,
        pseudonym=pseudonym,
        memberships=[pk for pk, _organization in memberships],
        organizations={organization for _pk, organization in memberships},
        invitations=list(Invitation.objects.filter(invited).values_list("pk", flat=True)),
        provisioned=[one.pk for one in by_scim],
        names=frozenset({pilot.username, pilot.get_full_name()} | logins | addresses | told | set(before)),
        addresses=frozenset(addresses),
    )


def _end_what_is_open(pilot: Pilot) -> None:
    """Sessions, sockets, keys and tokens; what was claimed or assigned goes back to everybody."""
    for membership in pilot.memberships.filter(ended_at=None).select_related("pilot"):
        part(membership)
        announce_many([Hint("accounts.membership", str(membership.pk), membership.organization_id)])
    pilot.memberships.filter(ended_at=None).update(ended_at=Now())
    Session.objects.filter(session_key__in=list(pilot.usersession_set.values_list("session_key", flat=True))).delete()
    tell_sessions_of(pilot)


def _forget_what_was_asked_of_others(pilot: Pilot, person: Person) -> None:
    """What others keep that is for this person alone: invitations to their address, rules that look for them."""
    invitations = Invitation.objects.filter(pk__in=person.invitations)
    invitations.pending().update(withdrawn_at=Now())
    invitations.update(email="")
    for address in person.addresses:
        DirectoryRule.objects.filter(looks_at=LooksAt.PERSON, value__iexact=address).delete()
    about = Q(content_type__app_label="accounts", content_type__model="pilot", object_id=str(pilot.pk))
    about |= Q(object_repr__in=person.names) | Q(user=pilot)
    LogEntry.objects.filter(about).delete()  # the admin's own notes of who clicked what; the ledger has it better


def _empty(pilot: Pilot, mark: str, pseudonym: str) -> None:
    """The account is nobody's: no name, no way in."""
    _drop_keys(pilot.memberships.values_list("pk", flat=True))
    PlatformRole.objects.filter(membership__pilot=pilot).delete()
    pilot.memberships.update(seen_at=None)
    # A token that is still to be given back to its provider is kept, sealed, until it is; without saying whose it was.
    pilot.identities.filter(token=None).delete()
    for identity in pilot.identities.all():
        identity.uid, identity.login, identity.leads, identity.ended_at = f"{ERASED}{identity.pk}", "", False, Now()
        identity.save(update_fields=["uid", "login", "leads", "ended_at"])
    for theirs in (
        pilot.usersession_set,
        pilot.authenticator_set,
        pilot.emailaddress_set,
        pilot.socialaccount_set,
        DirectoryFacts.objects.filter(pilot=pilot),
        ProvisionedUser.objects.filter(pilot=pilot),
        Preferences.objects.filter(pilot=pilot),
    ):
        theirs.all().delete()
    pilot.username, pilot.public_id, pilot.name = f"erased-{mark}", f"{ERASED}{mark}", pseudonym
    pilot.email = pilot.avatar_url = ""
    pilot.is_active = pilot.is_staff = pilot.is_superuser = False
    pilot.last_login = None
    pilot.set_unusable_password()
    pilot.save()
    pilot.groups.clear()
    pilot.user_permissions.clear()


def _drop_keys(memberships: Collection[int]) -> None:
    TokenFamily.objects.filter(membership__in=memberships).delete()
    keys = ApiKey.objects.filter(membership__in=memberships)
    TokenFamily.objects.filter(key__in=keys).delete()
    ApiKey.objects.filter(replaces__in=keys).update(replaces=None)
    keys.delete()
