"""The shipped roles hold what roles.py says, after every migration, and keys only narrow them."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from accounts.models import ApiKey, Membership
from accounts.roles import POWERS, SCOPES


def powers_of(role: str) -> set[str]:
    permissions = Group.objects.get(name=role).permissions.values_list("content_type__app_label", "codename")
    return {".".join(power) for power in permissions}


@pytest.mark.parametrize("role", POWERS)
def test_a_role_holds_exactly_its_powers_and_all_of_them_exist(db, role):
    assert powers_of(role) == POWERS[role]


def test_a_migration_puts_the_shipped_roles_back_and_leaves_the_others(db):
    viewer = Group.objects.get(name="Viewer")
    viewer.permissions.set(Permission.objects.filter(codename__in=["decide_intervention", "view_unit"]))
    own = Group.objects.create(name="Night watch")
    own.permissions.set(Permission.objects.filter(codename="view_unit"))
    Group.objects.get(name="Operator").permissions.clear()

    call_command("migrate", verbosity=0)

    assert powers_of("Viewer") == POWERS["Viewer"]
    assert powers_of("Operator") == POWERS["Operator"]
    assert powers_of("Night watch") == {"work.view_unit"}


def test_every_scope_opens_only_what_some_role_may_do():
    every = frozenset().union(*POWERS.values())

    assert frozenset().union(*SCOPES.values()) == every


@pytest.mark.parametrize("person", ["vi", "ada", "max"])
@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_narrows_a_role_and_never_widens_it(request, person, scope):
    member: Membership = request.getfixturevalue(person)
    whole = member.powers
    narrowed = Membership.objects.acting().get(pk=member.pk)
    narrowed.scopes = (scope,)

    assert narrowed.powers == whole & SCOPES[scope]


def test_a_scope_nobody_knows_opens_nothing(max):
    max = Membership.objects.acting().get(pk=max.pk)
    max.scopes = ("everything",)

    assert max.powers == frozenset()


def test_every_scope_is_one_the_database_takes():
    (constraint,) = (one for one in ApiKey._meta.constraints if one.name == "a_key_has_known_scopes")

    assert dict(constraint.condition.children)["scopes__contained_by"] == list(SCOPES)
