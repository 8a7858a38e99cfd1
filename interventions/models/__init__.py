"""A person must decide: the question, who holds it, what was said, and the one answer."""

from interventions.models.answers import Challenge, Claim, Decision, Hold, Vote
from interventions.models.questions import Intervention, InterventionQuerySet
from interventions.models.seats import Seat, Tally, tally_of
from interventions.models.stops import Acknowledgement, Scope, Stop
from interventions.models.talk import Comment, Delivery, Look
from interventions.models.views import SavedView
from interventions.models.words import ACTS, APPROVALS, FINAL, OPEN, Act, Source, Status, Verdict

__all__ = [
    "ACTS",
    "APPROVALS",
    "FINAL",
    "OPEN",
    "Acknowledgement",
    "Act",
    "Challenge",
    "Claim",
    "Comment",
    "Decision",
    "Delivery",
    "Hold",
    "Intervention",
    "InterventionQuerySet",
    "Look",
    "SavedView",
    "Scope",
    "Seat",
    "Source",
    "Status",
    "Stop",
    "Tally",
    "Verdict",
    "Vote",
    "tally_of",
]
