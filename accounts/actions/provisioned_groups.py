"""Groups as an organization's directory keeps them, by SCIM. Whoever comes or goes has their roles at once."""

from collections.abc import Callable
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.actions.provisioning import Taken, begin, refuse_unless_seen, settle_users
from accounts.models import Membership, ProvisionedGroup, ProvisionedUser, ToldGroup
from audit.actions import record
from kit.errors import BadInput, NotThere
from kit.rows import check_row, insert

MOST_MEMBERS = 5_000


@transaction.atomic
def provision_group(told: ToldGroup, *, actor: Membership) -> ProvisionedGroup:
    """The directory tells of a group, and who is in it."""
    begin(actor)
    group = ProvisionedGroup(organization_id=actor.organization_id)
    _take_over(group, told)
    insert(group, taken=_("There already is such a group."))
    record("directory.group_entered", actor=actor, subject=group, name=group.name, cause="scim")
    _set_members(group, frozenset(), told.members, actor)
    return group


@transaction.atomic
def change_group(
    pk: UUID, edit: Callable[[ToldGroup], ToldGroup], *, actor: Membership, seen: str = ""
) -> ProvisionedGroup:
    """The directory says something else of a group: `edit` makes of what it said what it says now."""
    begin(actor)
    group = _lock(pk, actor)
    refuse_unless_seen(group, seen)
    was = ToldGroup(group.name, group.external_id, _members_of(group))
    now = edit(was)
    if now == was:
        return group
    _take_over(group, now)
    group.changed_at = timezone.now()
    group.save()
    if (now.name, now.external_id) != (was.name, was.external_id):
        about = {"name": group.name, "was": was.name, "cause": "scim"}
        record("directory.group_changed", actor=actor, subject=group, **about)
    _set_members(group, was.members, now.members, actor)
    if now.name != was.name:
        settle_users(was.members & now.members, actor)
    return group


@transaction.atomic
def remove_group(pk: UUID, *, actor: Membership, seen: str = "") -> None:
    """There is no such group any more, and nobody has a role by it."""
    begin(actor)
    group = _lock(pk, actor)
    refuse_unless_seen(group, seen)
    members = _members_of(group)
    record("directory.group_removed", actor=actor, subject=group, name=group.name, cause="scim")
    group.delete()
    settle_users(members, actor)


def _set_members(group: ProvisionedGroup, was: frozenset[UUID], now: frozenset[UUID], actor: Membership) -> None:
    come, gone = now - was, was - now
    if len(now) > MOST_MEMBERS:
        raise BadInput.field("members", _("at most %(most)s") % {"most": MOST_MEMBERS})
    ours = ProvisionedUser.objects.visible_to(actor).standing()
    known = {one.pk: one for one in ours.filter(pk__in=come | gone)}
    if unknown := come - set(known):
        raise BadInput.field("members", _("there is no user %(id)s") % {"id": min(map(str, unknown))})
    if not come and not gone:
        return
    group.members.add(*(known[pk] for pk in come))
    group.members.remove(*(known[pk] for pk in gone if pk in known))
    names = {"joined": come, "left": gone}
    told = {name: sorted(known[pk].user_name for pk in pks if pk in known) for name, pks in names.items()}
    record("directory.group_members_set", actor=actor, subject=group, name=group.name, **told, cause="scim")
    settle_users(come | gone, actor)


def _members_of(group: ProvisionedGroup) -> frozenset[UUID]:
    return frozenset(group.members.values_list("pk", flat=True))


def _lock(pk: UUID, actor: Membership) -> ProvisionedGroup:
    ours = ProvisionedGroup.objects.visible_to(actor).select_for_update(of=("self",))
    group: ProvisionedGroup | None = ours.filter(pk=pk).first()
    if group is None:
        raise NotThere(_("There is no such group in this organization."))
    return group


def _take_over(group: ProvisionedGroup, told: ToldGroup) -> None:
    group.name, group.external_id = told.name, told.external_id
    check_row(group)
    others = ProvisionedGroup.objects.filter(organization_id=group.organization_id).exclude(pk=group.pk)
    if others.filter(name__iexact=group.name).exists():
        raise Taken(_("There already is a group “%(name)s”.") % {"name": group.name})
