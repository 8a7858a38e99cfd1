"""The kill switch for programs: pull it, look at it, acknowledge it, re-arm it."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from interventions import actions
from interventions.queries.stop_pages import as_stop, stop_named, stop_seen_by, stops_of, tally_of
from interventions.serializers import RearmIn, StopIn, StopsOut, TalliedStopOut

PULL = OpenApiExample(
    "One gate",
    {"scope": {"gate": "agent-tools"}, "reason": "An agent repeats a command that was refused.", "settle": False},
    request_only=True,
)
REARM = OpenApiExample("By its scope", {"scope": {"gate": "agent-tools"}, "reason": "The agent is fixed."})


class KillSwitch(APIView):
    @extend_schema(
        operation_id="listStops",
        summary="The presses of the kill switch",
        responses=StopsOut,
    )
    def get(self, request: Request) -> Response:
        """The latest hundred, those that are on before the others."""
        return Response({"results": [as_stop(stop) for stop in stops_of(actor_of(request))]})

    @extend_schema(
        operation_id="pullKillSwitch",
        summary="Stop work",
        request=StopIn,
        responses={201: OpenApiResponse(TalliedStopOut, "It is on: nothing in its scope proceeds.")},
        examples=[PULL],
    )
    def post(self, request: Request) -> Response:
        """For Admins. New work in the scope is refused with 423, active units are paused, open questions held or
        cancelled. The same scope a second time is refused with 409 and the id of the first `stop`."""
        body = StopIn(data=request.data)
        body.is_valid(raise_exception=True)
        stop = actions.stop_work(**body.deed, actor=actor_of(request))
        return Response(told_of(request, stop.pk), status=201)


@extend_schema(operation_id="readStop", summary="One press of the kill switch", responses=TalliedStopOut)
@api_view(["GET"])
def stop(request: Request, pk: UUID) -> Response:
    """With who was stopped, and who has acknowledged."""
    return Response(told_of(request, pk))


@extend_schema(
    operation_id="rearmKillSwitch",
    summary="Let stopped work go on",
    request=RearmIn,
    responses=OpenApiResponse(TalliedStopOut, "The stop. Still `on` where another Admin has to confirm."),
    examples=[REARM],
)
@api_view(["POST"])
def rearm(request: Request) -> Response:
    """For Admins. Held questions get back the time they stood; paused units go on, but for those that another stop
    covers."""
    body = RearmIn(data=request.data)
    body.is_valid(raise_exception=True)
    said, actor = body.validated_data, actor_of(request)
    pk = said["id"] if "id" in said else stop_named(actor, **said["scope"])
    actions.let_work_go_on(pk, reason=said["reason"], cancels=said["cancel"], actor=actor)
    return Response(told_of(request, pk))


@extend_schema(
    operation_id="acknowledgeStop", summary="Say that you have stopped", request=None, responses=TalliedStopOut
)
@api_view(["POST"])
def acknowledge(request: Request, pk: UUID) -> Response:
    """By a caller whose work is stopped. Its heartbeat, or a read of a paused unit, says the same."""
    actions.acknowledge(pk, actor=actor_of(request))
    return Response(told_of(request, pk))


def told_of(request: Request, pk: UUID) -> dict[str, Any]:
    stop = stop_seen_by(actor_of(request), pk)
    return as_stop(stop, tally=tally_of(stop))
