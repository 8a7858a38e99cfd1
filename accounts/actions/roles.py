"""The roles an organization makes for itself, of the powers there are."""

from collections.abc import Collection

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actions.powers import refuse_beyond, refuse_unless, refuse_unless_fresh
from accounts.models import DirectoryRule, Invitation, Membership, PlatformRole, Role
from accounts.roles import IN_WORDS, LIMITED, group_name, permissions_of, powers_of, role_named, title_of
from audit.actions import record
from kit.errors import BadInput, NotThere, Refusal
from kit.rows import check_row, insert
from live.bus import Hint, announce_many


@transaction.atomic
def make_role(title: str, powers: Collection[str], *, actor: Membership, description: str = "") -> Role:
    """A new role of the actor's organization. Nobody puts in a power that they do not have themselves."""
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    title = title.strip()
    _check_title(title, actor)
    _check_powers(powers)
    refuse_beyond(powers, actor)
    about = {"title": title, "description": description.strip()}
    check_row(Role(organization_id=actor.organization_id, **about), but=("group",))
    group = Group(name=group_name(title, actor.organization_id))
    insert(group, taken=_taken(title))
    group.permissions.set(permissions_of(powers))
    role = Role(organization_id=actor.organization_id, group=group, **about)
    insert(role, taken=_taken(title))
    record("role.made", actor=actor, subject=role, title=title, powers=sorted(powers))
    return role


@transaction.atomic
def change_role(
    role_id: int, *, actor: Membership, powers: Collection[str] | None = None, description: str | None = None
) -> Role:
    """What it lets its members do, or how it is described. Holds at once, also for what they have open."""
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    role = _locked(role_id, actor)
    before = powers_of(role.group)
    after = before if powers is None else frozenset(powers)
    said = role.description if description is None else description.strip()
    if (after, said) == (before, role.description):
        return role
    _check_powers(after - before)
    refuse_beyond(after - before, actor)
    role.description = said
    check_row(role)
    role.save(update_fields=["description"])
    role.group.permissions.set(permissions_of(after))
    record("role.changed", actor=actor, subject=role, title=role.title, before=sorted(before), after=sorted(after))
    holders = Membership.objects.of_roles([role.group]).values_list("pk", flat=True)
    announce_many(Hint("accounts.membership", str(pk), role.organization_id) for pk in holders)
    return role


@transaction.atomic
def remove_role(role_id: int, *, actor: Membership) -> None:
    """Away with a role that nobody has and no rule gives. Gates that ask for it then ask for what nobody has."""
    refuse_unless(actor, "accounts.manage_members")
    refuse_unless_fresh(actor)
    role = _locked(role_id, actor)
    _refuse_if_used(role)
    # Whoever had it when they left, and invitations that are used, name some role: this one gives nothing.
    nothing = Group.objects.get(name=LIMITED)
    Membership.objects.filter(role=role.group).update(role=nothing)
    Invitation.objects.filter(role=role.group).update(role=nothing)
    record("role.removed", actor=actor, subject=role, title=role.title, powers=sorted(powers_of(role.group)))
    role.delete()
    role.group.delete()


def _locked(role_id: int, actor: Membership) -> Role:
    visible = Role.objects.visible_to(actor).select_related("group")
    role = visible.select_for_update(of=("self",)).filter(pk=role_id).first()
    if role is None:
        raise NotThere(_("There is no such role in this organization."))
    return role


def _check_title(title: str, actor: Membership) -> None:
    if not title or not title.isprintable() or title_of(title) != title:
        raise BadInput.field("title", _("give the role a name; it does not begin with a number and a colon"))
    shared = Group.objects.filter(name__iexact=title).exists()
    if shared or role_named(title, actor.organization_id) is not None:
        raise Refusal(_taken(title))


def _check_powers(powers: Collection[str]) -> None:
    unknown = sorted(set(powers) - set(IN_WORDS))
    if unknown:
        raise BadInput.field("powers", _("there is no power %(powers)s") % {"powers": ", ".join(unknown)[:200]})


def _refuse_if_used(role: Role) -> None:
    held = Membership.objects.filter(role=role.group, ended_at=None).count()
    held += PlatformRole.objects.filter(role=role.group).count()
    if held:
        raise Refusal(_("Somebody still has the role %(role)s. Give them another one first.") % {"role": role.title})
    if Invitation.objects.pending().filter(role=role.group).exists():
        raise Refusal(_("An invitation gives the role %(role)s. Withdraw it first.") % {"role": role.title})
    if DirectoryRule.objects.filter(role=role.group).exists():
        raise Refusal(_("A directory rule gives the role %(role)s. Remove the rule first.") % {"role": role.title})


def _taken(title: str) -> str:
    return _("There already is a role “%(title)s”.") % {"title": title}
