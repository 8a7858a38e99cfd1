"""What the OpenAPI document says beyond the views: the problems every call can answer with."""

from typing import Any

PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `errors` names each field that is wrong; a lost race adds the winning `decision`.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence to show."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "additionalProperties": True,
}

EVERYWHERE = {
    401: "No key, token or session, or one that has ended.",
    403: "Your role or key may not do this.",
    422: "A field is wrong; `errors` says which and why.",
    429: "Too many calls; `Retry-After` says when to come back.",
}
WITH_AN_ID = {404: "There is no such thing, or it is not yours to see."}
# What they name stands in the body.
NAMES_ANOTHER = {"raiseIntervention", "pullKillSwitch", "rearmKillSwitch"}
WITH_A_BODY = {
    400: "The body is not JSON in UTF-8.",
    409: "It is too late, or not possible in this state.",
    413: "The body is larger than 1 MiB.",
    415: "The body is not `application/json`.",
}

# Where a kill switch lets nothing in.
LETS_IN = {"submitUnit", "heartbeatUnit", "raiseIntervention"}
STOPPED = {423: "A kill switch is on: who stopped it and why, the `stop`, and in `Retry-After` when to come back."}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Chameleon",
    "DESCRIPTION": (
        "Ask one place before it runs: policy answers what policy can, a pilot the rest.\n\n"
        "Authorize with `Authorization: Bearer <API key or access token>`. Errors are RFC 9457 problem documents. "
        "Times are RFC 3339 in UTC. Lists hold up to 200 rows; follow `next` and `previous` as they are. "
        "A member of a body that no field knows is refused; null means the same as leaving it out."
    ),
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api",
    "OAS_VERSION": "3.1.0",
    "ENUM_NAME_OVERRIDES": {
        "InterventionKind": "guardians.models.Kind",
        "InterventionStatus": "interventions.models.Status",
        "QuestionKind": "interventions.serializers.questions.ASKED_DIRECTLY",
        "Priority": "interventions.serializers.questions.PRIORITIES",
        "Act": "interventions.models.Act",
        "Verdict": "interventions.models.Verdict",
        "ResolutionSource": "interventions.models.Source",
        "PilotKind": "accounts.models.Pilot.Kind",
        "OnTimeout": "guardians.models.OnTimeout",
        "CommentKind": "interventions.models.Comment.Kind",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "chameleon.openapi.add_problems",
    ],
}


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Drf-spectacular's hook: each operation says how it can go wrong, in one shape."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for path, operations in result["paths"].items():
        for method, operation in operations.items():
            names_one = "{" in path or operation.get("operationId") in NAMES_ANOTHER
            can_go_wrong = EVERYWHERE | (WITH_AN_ID if names_one else {})
            if method == "post":  # with or without a body of its own: what is sent is read, and refused, all the same
                can_go_wrong |= WITH_A_BODY
            if operation.get("operationId") in LETS_IN:
                can_go_wrong |= STOPPED
            for status, why in sorted(can_go_wrong.items()):
                operation["responses"].setdefault(str(status), _response(why))
    return result


def _response(why: str) -> dict[str, Any]:
    return {
        "description": why,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
