"""What the API documentation shows. A test sends each of them."""

from drf_spectacular.utils import OpenApiExample

DEPLOY = OpenApiExample(
    "An approval",
    request_only=True,
    value={
        "kind": "approval",
        "title": "Deploy billing 4.18.2 to production",
        "description": "Two migrations, both reversible. **Canary is green.**",
        "context": {"service": "billing", "canary_error_rate": 0.0004},
        "proposed": {"image": "billing:4.18.2", "replicas": 6},
        "priority": "high",
        "tags": ["billing", "release"],
        "links": [{"title": "Release notes", "url": "https://ci.example.com/billing/4.18.2"}],
        "required_approvals": 2,
        "expires_in_seconds": 3600,
        "callback_url": "https://ci.example.com/hooks/chameleon",
        "external_id": "deploy-4711",
    },
)
CLARIFICATION = OpenApiExample(
    "A question with a shape for its answer",
    request_only=True,
    value={
        "kind": "clarification",
        "title": "Which customer does invoice 2041 belong to?",
        "answer_schema": {
            "type": "object",
            "properties": {"customer": {"enum": ["ACME", "Globex"]}},
            "required": ["customer"],
        },
    },
)
ANSWER = OpenApiExample(
    "An answer", request_only=True, value={"answer": {"customer": "ACME"}, "reason": "See the VAT id."}
)
REASON = OpenApiExample("With a reason", request_only=True, value={"reason": "Canary is green, on call agrees."})
GIVEN = OpenApiExample("To a member", request_only=True, value={"to": "github:octocat", "note": "You know this host."})
MESSAGE = OpenApiExample("A message", request_only=True, value={"message": "Which region is this for?"})
