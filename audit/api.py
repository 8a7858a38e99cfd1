"""The ledger as JSON."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from audit import queries
from audit.serializers import LedgerOut, LedgerQuery
from kit.requests import Actor


@extend_schema(
    operation_id="readLedger", summary="The ledger, newest first", parameters=[LedgerQuery], responses=LedgerOut
)
@api_view(["GET"])
def ledger(request: Request) -> Response:
    """Everything that was done here: append-only, one line for each act, for those who may view."""
    query = LedgerQuery(data=request.query_params)
    query.is_valid(raise_exception=True)
    page = queries.ledger_for(cast(Actor, request.auth), **query.page)
    here = request.build_absolute_uri()
    around = {
        name: cursor and replace_query_param(here, "cursor", cursor)
        for name, cursor in (("next", page.next), ("previous", page.previous))
    }
    return Response({"results": [queries.as_json(row) for row in page.rows], **around})
