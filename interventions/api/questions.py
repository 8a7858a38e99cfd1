"""Asking, and reading what was asked."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from accounts.authentication import actor_of
from interventions import actions, queries
from interventions.api.examples import CLARIFICATION, DEPLOY
from interventions.serializers import InterventionOut, ListQuery, MetricsOut, PageOut, PeriodQuery, QuestionIn

WAIT = OpenApiParameter("wait", float, description="Hold the answer until it is settled, up to so many seconds (60).")


class Interventions(APIView):
    @extend_schema(
        operation_id="listInterventions",
        summary="Questions, most urgent first",
        parameters=[ListQuery],
        responses=PageOut,
    )
    def get(self, request: Request) -> Response:
        """Open and settled ones: by priority, then by when they are due."""
        query = ListQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        return _page(request, queries.all_for(actor_of(request), **query.page))

    @extend_schema(
        operation_id="raiseIntervention",
        summary="Ask a pilot",
        request=QuestionIn,
        responses={
            201: OpenApiResponse(InterventionOut, "Asked now."),
            200: OpenApiResponse(InterventionOut, "The same request again: the question it asked, as it is."),
        },
        examples=[DEPLOY, CLARIFICATION],
    )
    def post(self, request: Request) -> Response:
        """A question without a gate. With an `external_id` the same request may safely be sent again."""
        body = QuestionIn(data=request.data)
        body.is_valid(raise_exception=True)
        asked = actions.raise_intervention(body.question, actor=actor_of(request))
        told, here = told_of(request, asked.pk), f"{request.path.rstrip('/')}/{asked.pk}"
        return Response(told, status=200 if asked.asked_before else 201, headers={"Location": here})


@extend_schema(
    operation_id="listPendingInterventions",
    summary="The queue: what waits for an answer",
    parameters=[ListQuery],
    responses=PageOut,
)
@api_view(["GET"])
def pending(request: Request) -> Response:
    """Open questions only, claimed and asked-back ones among them, most urgent first."""
    query = ListQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    return _page(request, queries.queue_for(actor_of(request), **query.page))


@extend_schema(
    operation_id="interventionMetrics",
    summary="Counts and resolution times",
    parameters=[PeriodQuery],
    responses=MetricsOut,
)
@api_view(["GET"])
def metrics(request: Request) -> Response:
    """By status, kind, priority and who or what settled; times in seconds from asked to settled."""
    query = PeriodQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    return Response(queries.metrics_for(actor_of(request), **query.validated_data))


@extend_schema(operation_id="readIntervention", summary="One question", parameters=[WAIT], responses=InterventionOut)
@api_view(["GET"])
def detail(request: Request, pk: UUID) -> Response:
    """With votes, comments and the decision. Reading decides nothing."""
    return Response(told_of(request, pk))


def told_of(request: Request, pk: UUID) -> dict[str, Any]:
    return queries.as_full(queries.intervention_for(actor_of(request), pk))


def _page(request: Request, page: queries.Page) -> Response:
    here = request.build_absolute_uri()
    around = {
        name: cursor and replace_query_param(here, "cursor", cursor)
        for name, cursor in (("next", page.next), ("previous", page.previous))
    }
    return Response({"results": [queries.as_brief(row) for row in page.rows], **around})
