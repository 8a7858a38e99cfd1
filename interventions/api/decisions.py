"""What a pilot does with a question: one POST each, all answered with the question as it then is."""

import inspect
from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import actor_of
from interventions import actions
from interventions.api.examples import ANSWER, GIVEN, MESSAGE, REASON
from interventions.api.questions import told_of
from interventions.serializers import (
    AnswerIn,
    ApproveIn,
    AssignIn,
    Body,
    CommentIn,
    DecideIn,
    HandOverIn,
    InterventionOut,
    MessageIn,
    ReasonIn,
)


def _act(action: Callable[..., Any], body: type[Body], example: OpenApiExample = REASON) -> Callable[..., Any]:
    """The view of one action, whose docstring is the documentation too."""
    summary, _, description = (inspect.getdoc(action) or "").partition("\n")

    @extend_schema(
        operation_id=f"{action.__name__}Intervention",
        summary=summary.rstrip("."),
        description=description.strip(),
        request=body,
        responses=OpenApiResponse(InterventionOut, "The question as it now is."),
        examples=[example],
    )
    @api_view(["POST"])
    def view(request: Request, pk: UUID) -> Response:
        said = body(data=request.data)
        said.is_valid(raise_exception=True)
        action(pk, **said.validated_data, actor=actor_of(request))
        return Response(told_of(request, pk))

    return view


approve = _act(actions.approve, ApproveIn)
reject = _act(actions.reject, DecideIn)
waive = _act(actions.waive, DecideIn)
resume = _act(actions.resume, DecideIn)
answer = _act(actions.answer, AnswerIn, ANSWER)
cancel = _act(actions.cancel, DecideIn)
undo = _act(actions.undo, ReasonIn)
claim = _act(actions.claim, ReasonIn)
release = _act(actions.release, ReasonIn)
clarify = _act(actions.clarify, MessageIn, MESSAGE)
reply = _act(actions.reply, MessageIn, MESSAGE)
comment = _act(actions.comment, CommentIn, MESSAGE)
assign = _act(actions.assign, AssignIn, GIVEN)
hand_over = _act(actions.hand_over, HandOverIn, GIVEN)
