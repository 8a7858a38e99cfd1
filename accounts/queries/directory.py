"""The rules by which a directory gives roles, and what they would do."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.directory import ANY, SPELLINGS, Facts, Outcome, Rule, roles_for
from accounts.models import (
    DirectoryFacts,
    DirectoryRule,
    LooksAt,
    Membership,
    Organization,
    Origin,
    Pilot,
    Platform,
    Provider,
    ProvisionedUser,
)
from accounts.queries.members import refuse_unless_managing
from accounts.queries.roles import role_titles
from accounts.roles import LIMITED

MOST_PREVIEWED = 500
MOST_TOLD = 30  # of one kind of fact, on the page


def rules_of(organization_id: int) -> list[Rule]:
    """In their order."""
    found = DirectoryRule.objects.filter(organization_id=organization_id).select_related("role", "platform")
    return [one.as_rule for one in found]


class RulesPage(NamedTuple):
    rules: list[Rule]
    roles: list[str]
    platforms: list[tuple[str, str]]
    spellings: list[tuple[str, str, str]]  # what it looks at, who tells it, an example


def rules_page(actor: Membership) -> RulesPage:
    """The rules, and what one may choose among to make more of them. Raises NotAllowed."""
    refuse_unless_managing(actor)
    platforms = Platform.objects.filter(organization_id=actor.organization_id).order_by("name")
    return RulesPage(
        rules_of(actor.organization_id),
        role_titles(actor.organization_id),
        list(platforms.values_list("slug", "name")),
        [(str(LooksAt(kind).label), str(Provider(provider).label), example) for kind, provider, example in SPELLINGS],
    )


def organizations_for(pilot: Pilot) -> list[Organization]:
    """Where the directory is asked about a pilot who signs in: where there are rules, or where it has let them in."""
    let_in = Q(memberships__pilot=pilot, memberships__origin=Origin.DIRECTORY, memberships__ended_at=None)
    asked = Organization.objects.filter(Q(directory_rules__isnull=False) | let_in)
    return list(asked.distinct().order_by("pk"))


def lacks_facts(facts: Facts, organizations: Sequence[Organization]) -> bool:
    """Whether a rule of theirs looks at what this provider did not tell."""
    asked = DirectoryRule.objects.filter(organization__in=organizations, provider__in=(ANY, facts.provider))
    return bool(facts.unread) and asked.filter(looks_at__in=facts.unread).exists()


class Known(NamedTuple):
    """One kind of fact, in words, and what was said of it; `more` is how many besides."""

    kind: str
    said: list[str]
    more: int


class LastWord(NamedTuple):
    """What a provider said of somebody last, for the page."""

    provider: str  # its name
    at: datetime
    known: list[Known]
    unread: list[str]  # kinds of facts that it did not tell
    is_late: bool  # it was asked since, and did not answer


class Change(NamedTuple):
    """What a member has, and what they would have at their next sign-in. None: not a member."""

    name: str
    public_id: str
    provider: str
    now: str | None
    then: str | None
    why: str  # the rules that fit, or why it stays
    last: LastWord | None = None  # None: not theirs to look at

    @property
    def is_change(self) -> bool:
        return self.now != self.then

    def as_told(self) -> dict[str, str | None]:
        """For a command's answer."""
        return {name: value for name, value in self._asdict().items() if name != "last"}


def preview_of_rules(actor: Membership, rules: Sequence[Rule] | None = None) -> list[Change]:
    """Who would get what if these rules were in force: of those who are or were members here, by what is known of them.

    Without `rules`, of those that are. What others' directories say of strangers is nobody's business here.
    """
    refuse_unless_managing(actor)
    asked = rules_of(actor.organization_id) if rules is None else list(rules)
    ours = Membership.objects.filter(organization_id=actor.organization_id).select_related("role", "pilot")
    members = {one.pilot_id: one for one in ours.prefetch_related("platform_roles__platform", "platform_roles__role")}
    known = DirectoryFacts.objects.filter(pilot__in=list(members), pilot__is_active=True).order_by("pilot__username")
    told = known[:MOST_PREVIEWED]
    provisioned = ProvisionedUser.objects.standing().filter(organization_id=actor.organization_id)
    users = {one.pilot_id: one for one in provisioned.filter(pilot__in=list(members)).prefetch_related("groups")}
    changes = [_change(members[one.pilot_id], one, users.get(one.pilot_id), asked) for one in told]
    waiting = provisioned.filter(pilot=None, active=True).prefetch_related("groups").order_by("user_name")
    changes += [_of_somebody_new(user, asked) for user in waiting[:MOST_PREVIEWED]]
    return sorted(changes, key=lambda change: (not change.is_change, change.name.casefold()))


def _change(member: Membership, told: DirectoryFacts, user: ProvisionedUser | None, rules: Sequence[Rule]) -> Change:
    facts = msgspec.convert(told.facts, Facts)
    now = _now(member)
    last = None if member.is_visit else _last_word(told, facts)
    if user is not None and not user.active:
        why = _("switched off by the directory")
        return Change(member.name, member.pilot.public_id, "scim", now, now, why, last)
    then, why = _then(member, roles_for(rules, *([facts, user.facts] if user else [facts])), now)
    return Change(member.name, member.pilot.public_id, told.provider, now, then, why, last)


def _last_word(told: DirectoryFacts, facts: Facts) -> LastWord:
    unread = [str(LooksAt(kind).label) for kind in facts.unread]
    return LastWord(str(Provider(told.provider).label), told.at, _known(facts), unread, told.failures > 0)


def _known(facts: Facts) -> list[Known]:
    """Of claims only the names: what is in them is between a person and their provider."""
    said = [
        (str(LooksAt.ORGANIZATION.label), facts.organizations),
        (str(LooksAt.TEAM.label), facts.teams),
        (str(LooksAt.APP_ROLE.label), facts.app_roles),
        (str(LooksAt.GROUP.label), facts.groups),
        (str(LooksAt.DOMAIN.label), (facts.domain,) if facts.domain else ()),
        (str(LooksAt.SCOPE.label), facts.scopes),
        (_("claims (their names)"), tuple(sorted(facts.claims))),
    ]
    return [Known(kind, list(each[:MOST_TOLD]), max(0, len(each) - MOST_TOLD)) for kind, each in said if each]


def _of_somebody_new(user: ProvisionedUser, rules: Sequence[Rule]) -> Change:
    """What they would be from their first sign-in on, by what the directory says of them."""
    outcome = roles_for(rules, user.facts)
    then, why = _by_rules(outcome, {}) if outcome else (None, _("no rule fits"))
    return Change(user.name, user.user_name, "scim", None, then, why)


def _now(member: Membership) -> str | None:
    if member.ended_at is not None:
        return None
    on = {one.platform.slug: one.role_title for one in member.platform_roles.all()}
    return _in_words(member.role_name, on)


def _then(member: Membership, outcome: Outcome, now: str | None) -> tuple[str | None, str]:
    if member.is_visit and member.ended_at is None:
        return now, _("on a visit; the rules leave it")
    if member.origin == Origin.HAND and not outcome.names:
        return now, _("set by a member; the rules leave it")
    if not outcome:
        if member.origin == Origin.DIRECTORY:
            return None, _("no rule fits")
        return now, _("no rule fits; the role of the first sign-in stays")
    by_hand = {one.platform.slug: one.role_title for one in member.platform_roles.all() if one.origin == Origin.HAND}
    return _by_rules(outcome, by_hand)


def _by_rules(outcome: Outcome, by_hand: dict[str, str]) -> tuple[str, str]:
    on = {slug: given.role for slug, given in outcome.on.items()} | by_hand
    role = outcome.everywhere.role if outcome.everywhere else LIMITED
    given = [outcome.everywhere, *outcome.on.values()]
    return _in_words(role, on), "; ".join(str(one.rule) for one in given if one)


def _in_words(role: str, on: dict[str, str]) -> str:
    return "; ".join([role, *(f"{title} @ {slug}" for slug, title in sorted(on.items()))])
