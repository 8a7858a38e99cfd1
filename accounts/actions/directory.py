"""Roles by what the directory says: the rules of an organization, and what they do to somebody who signs in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.powers import (
    group_of,
    is_last_locked,
    refuse_beyond,
    refuse_unless,
    refuse_unless_fresh,
    refuse_unless_system,
)
from accounts.actions.seating import seat, seat_on, unseat, unseat_on
from accounts.directory import Facts, Given, Outcome, Rule, roles_for
from accounts.models import (
    READ_AGAIN,
    DirectoryFacts,
    DirectoryRule,
    LooksAt,
    Membership,
    Organization,
    Origin,
    Pilot,
    Platform,
    Provider,
)
from accounts.providers import name_of
from accounts.queries import lacks_facts, organizations_for, provisioned_as, rules_of, system_of
from accounts.roles import LIMITED, ON_A_PLATFORM, powers_of, role_named, title_of
from audit.actions import record
from kit.errors import BadInput, Unavailable

MOST_RULES = 200


class Cause(StrEnum):
    """What made the directory speak: somebody signed in, or it told by itself that something has changed."""

    DIRECTORY = "directory"
    SCIM = "scim"


@transaction.atomic
def set_rules(rules: Sequence[Rule], *, actor: Membership) -> list[DirectoryRule]:
    """These rules, in this order, instead of those there are. Their numbers are given anew.

    Nobody writes a rule that gives more than they have themselves; one that was there already may stay.
    """
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    Organization.objects.select_for_update().only("pk").get(pk=actor.organization_id)
    before = rules_of(actor.organization_id)
    asked = [rule._replace(number=number) for number, rule in enumerate(rules, 1)]
    if asked == before:
        return list(DirectoryRule.objects.filter(organization_id=actor.organization_id))
    known = {rule._replace(number=0) for rule in before}
    rows = [_row(rule, actor, is_new=rule._replace(number=0) not in known) for rule in asked]
    if len(rows) > MOST_RULES:
        raise BadInput.field("rules", _("at most %(most)s rules") % {"most": MOST_RULES})
    DirectoryRule.objects.filter(organization_id=actor.organization_id).delete()
    made = DirectoryRule.objects.bulk_create(rows)
    told = {"before": [_told(rule) for rule in before], "after": [_told(rule) for rule in asked]}
    record("directory.rules_set", actor=actor, subject=actor.organization, **told)
    return made


def note_facts(pilot: Pilot, facts: Facts) -> None:
    """What a provider says of somebody, for the preview of rules. It is asked again in an hour."""
    told = {"facts": msgspec.to_builtins(facts), "ask_at": timezone.now() + READ_AGAIN, "failures": 0}
    DirectoryFacts.objects.update_or_create(pilot=pilot, provider=facts.provider, defaults=told)


def go_by(pilot: Pilot, facts: Facts) -> None:
    """What the directory says gives roles and takes them, in every organization that goes by it.

    Raises Unavailable, and nothing is changed, when a rule looks at what could not be read: to go on without it would
    give or take a role that the directory may not have meant.
    """
    organizations = organizations_for(pilot)
    if lacks_facts(facts, organizations):
        raise Unavailable(
            _(
                "%(provider)s did not tell what your roles here depend on (organizations, teams or groups), so you are "
                "not signed in. Try again in a moment; if it stays so, tell whoever runs this server."
            )
            % {"provider": name_of(facts.provider)}
        )
    note_facts(pilot, facts)
    for organization in organizations:
        apply_directory(pilot, facts, actor=system_of(organization.pk))


@transaction.atomic
def follow_directory(facts_id: int, said_at: datetime, facts: Facts) -> bool:
    """A directory was asked again, between two sign-ins: what it says holds at once.

    False, and no role is changed: it did not tell what a rule looks at, and is asked again after 1, 2, 4 ... minutes;
    or they have signed in meanwhile, and what was said then is newer.
    """
    ours = DirectoryFacts.objects.select_for_update(of=("self",)).select_related("pilot")
    known = ours.filter(pk=facts_id, at=said_at, pilot__is_active=True).first()
    if known is None or DirectoryFacts.objects.filter(pilot=known.pilot, at__gt=said_at).exists():
        return False
    try:
        go_by(known.pilot, facts)
    except Unavailable:  # raised before anything is written
        known.failures = min(known.failures + 1, 100)
        known.ask_at = timezone.now() + min(timedelta(minutes=2 ** min(known.failures - 1, 6)), READ_AGAIN)
        known.save(update_fields=["failures", "ask_at"])
        return False
    return True


@transaction.atomic
def apply_directory(pilot: Pilot, facts: Facts | None, *, actor: Membership, cause: Cause = Cause.DIRECTORY) -> Outcome:
    """Give the pilot what the rules of the actor's organization give for these facts, and take what they no longer do.

    With `facts`, of a sign-in, counts what the organization's own directory has told of them by SCIM; whom that has
    switched off, no rule lets in.

    `actor` is the organization's system: it is the directory that acts, and each line says by which rule, for which
    fact. A member let in by a member is left as they are, unless a rule names them; one whom the directory let in and
    whom no rule fits any more is let go. The last who manages members stays whatever the directory says, and who is on
    a visit is no member to give or take a role.
    """
    refuse_unless_system(actor)
    Organization.objects.select_for_update().only("pk").get(pk=actor.organization_id)  # two sign-ins, one last Admin
    user = provisioned_as(pilot, actor.organization_id)
    if user is not None and not user.active:
        return Outcome()
    told = [one for one in (facts, user and user.facts) if one]
    outcome = roles_for(rules_of(actor.organization_id), *told)
    ours = Membership.objects.select_related("role", "pilot").filter(organization_id=actor.organization_id)
    member = ours.filter(pilot=pilot).first()
    if member is not None and _is_left_alone(member, outcome):
        return outcome
    if outcome:
        _give(pilot, member, outcome, actor, cause)
    elif member is not None and member.origin == Origin.DIRECTORY and member.ended_at is None:
        _let_go(member, told, actor, cause)
    return outcome


def _is_left_alone(member: Membership, outcome: Outcome) -> bool:
    is_visiting = member.is_visit and member.ended_at is None
    return is_visiting or (member.origin == Origin.HAND and not outcome.names)


def _give(pilot: Pilot, member: Membership | None, outcome: Outcome, actor: Membership, cause: Cause) -> None:
    given = outcome.everywhere
    group = group_of(given.role if given else LIMITED, actor)
    is_so = member is not None and (member.role_id, member.origin) == (group.pk, Origin.DIRECTORY)
    if member is None or not ((is_so and member.ended_at is None) or _is_kept(member, powers_of(group), actor)):
        was = member.role_name if member is not None and member.ended_at is None else None
        member = seat(pilot, group, Origin.DIRECTORY, actor.organization_id)
        told = {"pilot": pilot.username, "role": title_of(group.name), "was": was}
        record("membership.granted", actor=actor, subject=member, **told, **_why(given, cause))
    if member is not None:
        _give_on_platforms(member, outcome, actor, cause)


def _give_on_platforms(member: Membership, outcome: Outcome, actor: Membership, cause: Cause) -> None:
    known = {one.platform.slug: one for one in member.platform_roles.select_related("platform", "role", "membership")}
    for slug, one in known.items():
        if one.origin == Origin.DIRECTORY and slug not in outcome.on:
            unseat_on(one, actor, cause=cause)
    platforms = Platform.objects.filter(organization_id=actor.organization_id, slug__in=outcome.on)
    for platform in platforms.order_by("pk"):
        given, there = outcome.on[platform.slug], known.get(platform.slug)
        group = group_of(given.role, actor)
        if there is not None and (there.origin == Origin.HAND or there.role_id == group.pk):
            continue  # what a member gave on a platform stays
        seat_on(member, platform, group, Origin.DIRECTORY)
        told = {"pilot": member.pilot.username, "role": given.role, "platform": platform.slug}
        record("membership.granted_on", actor=actor, subject=member, **told, **_why(given, cause))


def _is_kept(member: Membership, after: frozenset[str], actor: Membership) -> bool:
    """Whether the directory would leave the organization without anybody who manages its members. A line says so."""
    if "accounts.manage_members" in after or not is_last_locked(member):
        return False
    record("membership.kept", actor=actor, subject=member, pilot=member.pilot.username, role=member.role_name)
    return True


def _let_go(member: Membership, told: Sequence[Facts], actor: Membership, cause: Cause) -> None:
    if not _is_kept(member, frozenset(), actor):
        provider = told[0].provider if told else ""
        unseat(member, "membership.ended", actor, origin=Origin.DIRECTORY, cause=cause, provider=provider)


def _why(given: Given | None, cause: Cause) -> dict[str, Any]:
    return {"cause": cause} | ({"rule": str(given.rule), "fact": given.fact} if given else {})


def _row(rule: Rule, actor: Membership, *, is_new: bool) -> DirectoryRule:
    """The rule as it is kept. Raises BadInput with its number and what is wrong with it."""
    number, field = rule.number, f"rules.{rule.number}"
    if rule.provider not in Provider.values or rule.looks_at not in LooksAt.values:
        known = ", ".join([*Provider.values, *LooksAt.values])
        raise BadInput.field(field, _("provider and looks_at are among %(known)s") % {"known": known})
    value = _checked(rule, field)
    group = role_named(rule.role, actor.organization_id)
    if group is None:
        raise BadInput.field(field, _("there is no role “%(role)s”") % {"role": rule.role[:100]})
    platform = Platform.objects.filter(organization_id=actor.organization_id, slug=rule.platform).first()
    if rule.platform and platform is None:
        raise BadInput.field(field, _("there is no platform “%(platform)s”") % {"platform": rule.platform[:100]})
    if is_new:
        powers = powers_of(group)
        refuse_beyond(powers & ON_A_PLATFORM if platform else powers, actor, platform.pk if platform else None)
    about = {"provider": rule.provider, "looks_at": rule.looks_at, "value": value, "role": group, "platform": platform}
    return DirectoryRule(organization_id=actor.organization_id, position=number, **about)


def _checked(rule: Rule, field: str) -> str:
    value = rule.value.strip()
    if not value or len(value) > 300 or not value.isprintable():
        raise BadInput.field(field, _("say what it looks for, in at most 300 characters"))
    path, equals, wanted = (part.strip() for part in value.partition("="))
    if rule.looks_at == LooksAt.CLAIM and not (path and equals and wanted):
        raise BadInput.field(field, _("write a claim as path = value, such as realm_access.roles = admin"))
    if rule.looks_at == LooksAt.TEAM and value.count("/") != 1:
        raise BadInput.field(field, _("write a team as organization/team"))
    return value


def _told(rule: Rule) -> str:
    where = f" @ {rule.platform}" if rule.platform else ""
    return f"{rule} -> {rule.role}{where}"
