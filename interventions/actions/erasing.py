"""Somebody is erased: their words stay, for they are the organization's record; their name in others' words goes."""

from audit.actions import Person
from interventions.models import Challenge, Comment, Intervention, Look, SavedView
from interventions.queries.mentions import renamed
from work.actions import forget_requester


def forget_in_questions(person: Person) -> None:
    """Part of the action that erases: `@ada` in a comment becomes the pseudonym, and so does who requested a question.

    Saved views of their own go; those they shared are the others' too. So do open pages and challenges of passkeys.
    """
    mentioning = Comment.objects.filter(mentions__in=person.memberships).distinct()
    for said in mentioning:
        said.body = renamed(said.body, person.names, person.pseudonym)
        said.save(update_fields=["body"])
    ours = Intervention.objects.filter(organization__in=person.organizations)
    ours.filter(requested_by__in=person.names).update(requested_by=person.pseudonym)
    forget_requester(person)
    SavedView.objects.filter(owner__in=person.memberships, is_shared=False).delete()
    Look.objects.filter(by__in=person.memberships).delete()
    Challenge.objects.filter(by__in=person.memberships).delete()
