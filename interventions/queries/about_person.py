"""What is kept about a person around questions, for the file of everything about them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Model, Q

from accounts.queries.dossier import Columns, in_chunks
from interventions.models import Claim, Comment, Decision, Intervention, SavedView, Vote

Sections = dict[str, Iterable[list[dict[str, Any]]]]

QUESTION: Columns = {
    "organization": "intervention__organization__slug",
    "question": "intervention_id",
    "title": "intervention__title",
}
SAID: Mapping[str, tuple[type[Model], Columns]] = {
    "claims": (Claim, {**QUESTION, "at": "at"}),
    "votes": (Vote, {**QUESTION, "act": "act", "seat": "seat", "reason": "reason", "at": "at"}),
    "decisions": (
        Decision,
        {**QUESTION, "verdict": "verdict", "role": "role", "reason": "reason", "answer": "answer", "at": "at"},
    ),
    "comments": (Comment, {**QUESTION, "kind": "kind", "words": "body", "at": "at"}),
}
ASKED: Columns = {
    "organization": "organization__slug",
    "question": "id",
    "title": "title",
    "description": "description",
    "status": "status",
    "asked_at": "created_at",
    "settled_at": "settled_at",
}
VIEW: Columns = {
    "organization": "owner__organization__slug",
    "name": "name",
    "filters": "query",
    "shared": "is_shared",
    "created_at": "created_at",
}


def about_person(memberships: Sequence[int]) -> Sections:
    """Their votes, decisions and words, what they asked and were assigned, and the views they have saved."""
    found: Sections = {
        section: in_chunks(model._default_manager.filter(by__in=memberships), columns)
        for section, (model, columns) in SAID.items()
    }
    found["mentions"] = in_chunks(Comment.objects.filter(mentions__in=memberships), {**QUESTION, "at": "at"})
    for section, whose in (("questions_asked", "requester"), ("questions_assigned", "assigned_to")):
        found[section] = in_chunks(Intervention.objects.filter(Q(**{f"{whose}__in": memberships})), ASKED)
    found["saved_views"] = in_chunks(SavedView.objects.filter(owner__in=memberships), VIEW)
    return found
