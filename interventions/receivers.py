"""What interventions does when a lower floor tells or asks it something: about a member, or a person."""

from collections.abc import Sequence
from typing import Any

from accounts.models import Membership
from audit.actions import Person
from interventions.actions.erasing import forget_in_questions
from interventions.queries.about_person import Sections, about_person
from kit.jobs import defer


def see_to_what_they_hold(membership: Membership, **_: Any) -> None:
    defer("interventions.take_over", membership_id=membership.pk)


def pass_on_what_they_held(membership: Membership, heir: Membership | None, **_: Any) -> None:
    defer("interventions.pass_on", membership_id=membership.pk, heir_id=heir.pk if heir else None)


def forget_who_is_erased(person: Person, **_: Any) -> None:
    """At once and no job: its row would keep the names that are to be forgotten."""
    forget_in_questions(person)


def tell_about_person(memberships: Sequence[int], **_: Any) -> Sections:
    return about_person(memberships)
