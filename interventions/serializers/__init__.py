"""The shape of what programs send, and of what they are told. Bounds here, rules in the actions."""

from interventions.serializers.decisions import (
    AnswerIn,
    ApproveIn,
    AssignIn,
    CommentIn,
    DecideIn,
    HandOverIn,
    MessageIn,
    ReasonIn,
)
from interventions.serializers.detail import InterventionOut
from interventions.serializers.fields import Body
from interventions.serializers.lists import ListQuery, PageOut
from interventions.serializers.metrics import MetricsOut, PeriodQuery
from interventions.serializers.questions import QuestionIn
from interventions.serializers.stops import RearmIn, StopIn, StopsOut, TalliedStopOut

__all__ = [
    "AnswerIn",
    "ApproveIn",
    "AssignIn",
    "Body",
    "CommentIn",
    "DecideIn",
    "HandOverIn",
    "InterventionOut",
    "ListQuery",
    "MessageIn",
    "MetricsOut",
    "PageOut",
    "PeriodQuery",
    "QuestionIn",
    "RearmIn",
    "ReasonIn",
    "StopIn",
    "StopsOut",
    "TalliedStopOut",
]
