"""The words a question is spoken of in: its states, what may be pressed, and how it ended."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from guardians.models import Kind


class Status(models.TextChoices):
    PENDING = "pending", _("waiting")
    IN_PROGRESS = "in_progress", _("claimed")
    AWAITING_REQUESTER = "awaiting_requester", _("asked back")
    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    COMPLETED = "completed", _("completed")
    EXPIRED = "expired", _("expired")
    CANCELLED = "cancelled", _("cancelled")


OPEN = (Status.PENDING, Status.IN_PROGRESS, Status.AWAITING_REQUESTER)
FINAL = tuple(status for status in Status if status not in OPEN)


class Act(models.TextChoices):
    """What a pilot may press; `allowed_actions` of a question is a list of these."""

    APPROVE = "approve", _("Approve")
    REJECT = "reject", _("Reject")
    WAIVE = "waive", _("Waive")
    RESUME = "resume", _("Resume")
    ANSWER = "answer", _("Answer")
    CANCEL = "cancel", _("Cancel")


# Acts that let the work go on: what a requester may not do to its own request.
APPROVALS = frozenset({Act.APPROVE, Act.WAIVE, Act.RESUME})

# What settles each kind of question, and so which buttons it offers.
ACTS: dict[str, tuple[str, ...]] = {
    Kind.APPROVAL: (Act.APPROVE, Act.REJECT, Act.WAIVE, Act.CANCEL),
    Kind.CLARIFICATION: (Act.ANSWER, Act.CANCEL),
    Kind.WAIVER: (Act.WAIVE, Act.REJECT, Act.CANCEL),
    Kind.RESUME: (Act.RESUME, Act.REJECT, Act.CANCEL),
    Kind.CANCEL: (Act.APPROVE, Act.REJECT, Act.CANCEL),
    Kind.KILL_SWITCH: (Act.APPROVE, Act.REJECT, Act.CANCEL),
}


class Verdict(models.TextChoices):
    """The final word, as it is told to the caller."""

    APPROVED = "approved", _("approved")
    REJECTED = "rejected", _("rejected")
    WAIVED = "waived", _("waived")
    RESUMED = "resumed", _("resumed")
    ANSWERED = "answered", _("answered")
    CANCELLED = "cancelled", _("cancelled")
    EXPIRED = "expired", _("expired")


class Source(models.TextChoices):
    """Who or what settled it. A timeout is never told as a person's no."""

    HUMAN = "human", _("a pilot")
    QUORUM = "quorum", _("a quorum of pilots")
    GUARDIAN = "guardian", _("a guardian")
    TIMEOUT_DEFAULT = "timeout_default", _("timeout")
    CANCELLED_BY_CALLER = "cancelled_by_caller", _("the caller, who cancelled")
    CALLER_GONE = "caller_gone", _("nobody: the caller is gone")
    SUPERSEDED = "superseded", _("a newer request")
    KILL_SWITCH = "kill_switch", _("the kill switch")
