"""Beside the cast: a gate to stop, and a second Admin."""

import pytest

from accounts.models import Membership, Organization
from conftest import member
from guardians import actions as guardians
from guardians.models import Gate


@pytest.fixture
def gate(max: Membership) -> Gate:
    return guardians.create_gate("deploys", actor=max, name="Deploys")


@pytest.fixture
def eve(organization: Organization) -> Membership:
    return member(organization, "eve", "Admin", name="Eve Roth")


@pytest.fixture
def two_admins(organization: Organization) -> None:
    """The organization wants two of them to re-arm."""
    Organization.objects.filter(pk=organization.pk).update(rearm_by_two=True)
