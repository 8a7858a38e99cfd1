"""The grant command: who becomes what, and what is refused in a sentence."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Membership
from audit.models import Entry


def grant(*arguments: str) -> str:
    out = StringIO()
    call_command("grant", *arguments, stdout=out)
    return out.getvalue().strip()


def test_a_pilot_is_given_another_role_and_the_ledger_says_so(vi: Membership) -> None:
    assert grant("vi", "Operator", "--organization", "fjordbank") == "Vi Larsen is now Operator of Fjordbank."

    assert Membership.objects.get(pk=vi.pk).role_name == "Operator"
    line = Entry.objects.about("membership", vi.pk).get(data__role="Operator")
    assert (line.verb, line.actor_name) == ("membership.granted", "Chameleon")


def test_shipped_roles_may_be_typed_in_any_case(vi: Membership) -> None:
    grant("local:vi", "ADMIN", "--organization", "fjordbank")

    assert Membership.objects.get(pk=vi.pk).role_name == "Admin"


def test_a_role_that_is_not_there_is_refused_and_the_others_are_named(vi: Membership) -> None:
    with pytest.raises(CommandError, match=r"no role “Captain”\. The roles are: .*Viewer"):
        grant("vi", "Captain", "--organization", "fjordbank")


def test_nobody_is_made_the_system(vi: Membership) -> None:
    with pytest.raises(CommandError, match="no role “System”"):
        grant("vi", "System", "--organization", "fjordbank")


def test_a_pilot_that_is_not_there_is_refused(vi: Membership) -> None:
    with pytest.raises(CommandError, match="no pilot “ghost”"):
        grant("ghost", "Viewer", "--organization", "fjordbank")


def test_an_organization_that_is_not_there_is_refused(db: None) -> None:
    with pytest.raises(CommandError, match=r"no organization “default”\. manage\.py bootstrap makes"):
        grant("vi", "Viewer")
