"""The same calls for a browser's session, and the rest of a unit's life. Programs' submits and held reads
are answered by the fast lane before they get here."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from intake import actions
from intake.queries import unit_for
from intake.serializers import BatchItemOut, SubmittedOut, UnitIn, UnitOut, read_batch, read_note, read_unit
from interventions import actions as interventions
from work import actions as work
from work.models import Unit


def _schema(struct: Any) -> dict[str, Any]:
    """The JSON Schema of a struct in one piece, for the OpenAPI document."""
    (whole,), parts = msgspec.json.schema_components([struct], ref_template="{name}")
    return _inlined(whole, parts)


def _inlined(schema: Any, parts: dict[str, Any]) -> Any:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _inlined(parts[schema["$ref"]], parts)
        return {key: _inlined(value, parts) for key, value in schema.items()}
    return [_inlined(value, parts) for value in schema] if isinstance(schema, list) else schema


WAIT = OpenApiParameter(
    "wait", float, description="Hold the answer until the unit has an outcome, up to so many seconds (60 at most)."
)


@extend_schema(
    operation_id="submitUnit",
    summary="Submit a unit of work",
    description=(
        "Judged at its gate at once. 201: made now. 200: the same request again, the unit as it is. "
        "409: this external id names a unit with other content."
    ),
    request={"application/json": _schema(UnitIn)},
    responses={
        (200, "application/json"): _schema(SubmittedOut),
        (201, "application/json"): _schema(SubmittedOut),
    },
)
@api_view(["POST"])
def submit(request: Request) -> Response:
    (result,) = actions.submit([read_unit(request.body)], actor=request.auth)
    return Response(result.told(), status=result.status)


@extend_schema(
    operation_id="submitUnits",
    summary="Submit up to 1,000 units of work",
    description="One result an item, in order; a bad item fails alone with its problem.",
    request={"application/json": _schema(list[UnitIn])},
    responses={(200, "application/json"): _schema(list[BatchItemOut])},
)
@api_view(["POST"])
def submit_batch(request: Request) -> Response:
    results = actions.submit(read_batch(request.body), actor=request.auth)
    return Response([result.as_item() for result in results])


@extend_schema(
    operation_id="getUnit",
    summary="Read a unit of work, or wait for its outcome",
    parameters=[WAIT],
    responses={(200, "application/json"): _schema(UnitOut)},
)
@api_view(["GET"])
def unit(request: Request, pk: UUID) -> Response:
    return Response(unit_for(request.auth, pk))


def _move(operation: str, summary: str, action: Callable[..., Unit]) -> Callable[..., Any]:
    """The view of one move of a unit; its body may carry a note."""

    @extend_schema(
        operation_id=operation,
        summary=summary,
        request={"application/json": {"type": "object", "properties": {"note": {"type": "string", "maxLength": 2000}}}},
        responses={(200, "application/json"): _schema(UnitOut)},
    )
    @api_view(["POST"])
    def view(request: Request, pk: UUID) -> Response:
        action(pk, actor=request.auth, note=read_note(request.body).note)
        return Response(unit_for(request.auth, pk))

    return view


heartbeat = _move("heartbeatUnit", "Say that the caller is alive", interventions.heartbeat_unit)
complete = _move("completeUnit", "Report that the work is done", work.complete)
fail = _move("failUnit", "Report that the work failed", interventions.fail_unit)
cancel = _move("cancelUnit", "Say that the work is no longer wanted", interventions.cancel_unit)
