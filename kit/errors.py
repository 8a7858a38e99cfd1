"""What can go wrong, in sentences a person can act on.

An action raises one of these; the edge that was called turns it into a page,
an RFC 9457 problem document or a WebSocket error frame.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext_noop


class Problem(Exception):
    """A refusal with its HTTP status. `sentence` is shown to the caller as it is."""

    status = 500
    title = gettext_noop("Something went wrong")

    def __init__(
        self,
        sentence: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        **members: Any,
    ) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.errors = list(errors)
        self.members = members  # RFC 9457 extension members, e.g. the winning decision


class Malformed(Problem):
    status = 400
    title = gettext_noop("Malformed request")


class Unauthenticated(Problem):
    status = 401
    title = gettext_noop("Sign in first")


class NotAllowed(Problem):
    status = 403
    title = gettext_noop("Not allowed")


class NotThere(Problem):
    status = 404
    title = gettext_noop("Not found")


class Refusal(Problem):
    status = 409
    title = gettext_noop("Refused")


class TooLarge(Problem):
    status = 413
    title = gettext_noop("Too large")


class UnsupportedType(Problem):
    status = 415
    title = gettext_noop("Unsupported media type")


class BadInput(Problem):
    """The input is understood and wrong; `errors` names each field and why."""

    status = 422
    title = gettext_noop("Invalid input")

    @classmethod
    def field(cls, field: str, message: str) -> "BadInput":
        return cls(f"{field}: {message}", errors=[{"field": field, "message": message}])


class Stopped(Problem):
    """A kill switch is on: nothing of this proceeds until it is re-armed. Ask again after `retry_after` seconds."""

    status = 423
    title = "Stopped"
    retry_after = 30


class TooMany(Problem):
    """Ask again later; `retry_after` is in seconds."""

    status = 429
    title = gettext_noop("Too many requests")

    def __init__(self, sentence: str, *, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Unavailable(Problem):
    """Nothing was written; the same request may be sent again."""

    status = 503
    title = gettext_noop("Unavailable")


def as_problem(problem: Problem) -> dict[str, Any]:
    """The RFC 9457 problem document of a Problem."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.sentence,
    }
    if problem.errors:
        document["errors"] = problem.errors
    return document | problem.members
