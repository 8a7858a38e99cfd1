"""The gates a new installation starts with: three real cases to read, try and change.

Guardians stand in the order they judge. The first that blocks decides, and says whether a block
is the end (`reject`) or a question to a pilot (`ask`); so what is never allowed comes before what
somebody may allow.
"""

from typing import Any, NamedTuple

from guardians.models import Kind, Mode, OnBlock, OnTimeout
from work.models import Priority

HOUR = 3_600
DAY = 24 * HOUR


class SampleGuardian(NamedTuple):
    name: str
    type: str
    config: dict[str, Any]
    on_block: str
    mode: str = Mode.ENFORCE


class SampleGate(NamedTuple):
    slug: str
    form: dict[str, Any]
    guardians: tuple[SampleGuardian, ...]


LOAN_APPROVAL = SampleGate(
    "loan-approval",
    {
        "name": "Loan approval",
        "description": (
            "Consumer loans. Incomplete applications and amounts nobody lends are refused on the spot, "
            "small amounts pass, and a person decides on the rest."
        ),
        "kind": Kind.APPROVAL,
        "priority": Priority.NORMAL,
        "due_seconds": 4 * HOUR,
        "expires_seconds": 7 * DAY,
        "on_timeout": OnTimeout.ESCALATE,
        "reason_presets": [
            "Income covers the instalments",
            "Known customer, always paid",
            "Too much for this income",
            "Other loans are too high",
            "Documents are missing",
            "Looks like fraud, passed to compliance",
        ],
    },
    (
        # The shape comes first: the rules below may then rely on a whole, non-negative number.
        SampleGuardian(
            "complete-application",
            "SCHEMA",
            {
                "schema": {
                    "type": "object",
                    "required": ["case_id", "amount_requested"],
                    "properties": {
                        "case_id": {"type": "string", "minLength": 1, "maxLength": 64},
                        "amount_requested": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
                        "offers_sent": {"type": "integer", "minimum": 0},
                    },
                }
            },
            OnBlock.REJECT,
        ),
        SampleGuardian(
            "smallest-loan",
            "CRITERIA_GATE",
            {"rules": [{"field": "amount_requested", "condition": "gte", "value": 500}]},
            OnBlock.REJECT,
        ),
        SampleGuardian(
            "within-mandate",
            "EXPRESSION",
            {
                "expression": "unit.attributes.amount_requested <= 15000",
                "message": (
                    "'EUR ' + string(unit.attributes.amount_requested) + ' is more than the EUR 15000 "
                    "that are lent without a person looking.'"
                ),
            },
            OnBlock.ASK,
        ),
        SampleGuardian(
            "few-offers",
            "EXPRESSION",
            {
                "expression": "!has(unit.attributes.offers_sent) || unit.attributes.offers_sent <= 3",
                "message": "'This customer has been sent ' + string(unit.attributes.offers_sent) + ' offers already.'",
            },
            OnBlock.ASK,
        ),
        # In shadow it changes nothing: it shows how many more questions a tighter mandate would ask.
        SampleGuardian(
            "tighter-mandate",
            "EXPRESSION",
            {
                "expression": "unit.attributes.amount_requested <= 10000",
                "message": "'Above EUR 10000, where a tighter mandate would ask.'",
            },
            OnBlock.ASK,
            Mode.SHADOW,
        ),
    ),
)

DEPLOYMENT = SampleGate(
    "deployment",
    {
        "name": "Deployment",
        "description": (
            "Releases. Failed tests end it. A change freeze, a rollout to more than a quarter of production at "
            "once, or a release nobody tested asks a person, who may lower the canary before approving."
        ),
        "kind": Kind.APPROVAL,
        "priority": Priority.HIGH,
        "due_seconds": 900,
        "expires_seconds": HOUR,
        "on_timeout": OnTimeout.REJECT,
        "reason_required": True,
        "edits_allowed": True,
        "reason_presets": [
            "Rollback is rehearsed",
            "Fix for a running incident",
            "Agreed with the owner of the service",
            "Wait until the freeze is over",
            "Start with a smaller canary",
        ],
    },
    (
        SampleGuardian(
            "described",
            "SCHEMA",
            {
                "schema": {
                    "type": "object",
                    "required": ["service", "version", "environment", "canary_percent"],
                    "properties": {
                        "service": {"type": "string", "minLength": 1},
                        "version": {"type": "string", "minLength": 1},
                        "environment": {"enum": ["development", "staging", "production"]},
                        "canary_percent": {"type": "integer", "minimum": 0, "maximum": 100},
                        "tests": {
                            "type": "object",
                            "required": ["passed", "failed"],
                            "properties": {
                                "passed": {"type": "integer", "minimum": 0},
                                "failed": {"type": "integer", "minimum": 0},
                            },
                        },
                    },
                }
            },
            OnBlock.REJECT,
        ),
        SampleGuardian(
            "no-failed-tests",
            "EXPRESSION",
            {
                "expression": "!has(unit.attributes.tests) || unit.attributes.tests.failed == 0",
                "message": "string(unit.attributes.tests.failed) + ' tests failed.'",
            },
            OnBlock.REJECT,
        ),
        SampleGuardian(
            "change-freeze",
            "EXPRESSION",
            {
                # Days count from Sunday = 0. Times are UTC.
                "expression": (
                    "unit.attributes.environment != 'production' || !("
                    "now.getDayOfWeek() in [0, 6] || (now.getDayOfWeek() == 5 && now.getHours() >= 14))"
                ),
                "message": "'Production is frozen from Friday 14:00 until Monday, UTC.'",
            },
            OnBlock.ASK,
        ),
        SampleGuardian(
            "canary-first",
            "EXPRESSION",
            {
                "expression": ("unit.attributes.environment != 'production' || unit.attributes.canary_percent <= 25"),
                "message": (
                    "'It would reach ' + string(unit.attributes.canary_percent) + ' % of production at once; "
                    "25 % go without a question.'"
                ),
            },
            OnBlock.ASK,
        ),
        # Failed tests are an answer, missing ones are not: a run without any has no failures either.
        SampleGuardian(
            "tests-were-run",
            "CRITERIA_GATE",
            {"rules": [{"field": "tests.passed", "condition": "gt", "value": 0}]},
            OnBlock.ASK,
        ),
    ),
)

AGENT_ACTION = SampleGate(
    "agent-action",
    {
        "name": "Agent action",
        "description": (
            "Function calls of an AI agent, as the HumanLayer SDK sends them. A tool that only reads goes "
            "ahead; everything else waits for a person."
        ),
        "kind": Kind.APPROVAL,
        "priority": Priority.HIGH,
        "due_seconds": 300,
        "expires_seconds": HOUR,
        "on_timeout": OnTimeout.REJECT,
        "requester_may_approve": False,
        "reason_presets": [
            "As agreed",
            "Wrong arguments, read them again",
            "Not needed for this task",
            "Try it on a copy first",
            "Ask the person concerned",
        ],
    },
    (
        SampleGuardian(
            "function-call",
            "SCHEMA",
            {
                "schema": {
                    "type": "object",
                    "required": ["fn", "kwargs"],
                    "properties": {
                        "fn": {"type": "string", "minLength": 1, "maxLength": 200},
                        "kwargs": {"type": "object"},
                    },
                }
            },
            OnBlock.REJECT,
        ),
        SampleGuardian(
            "never",
            "EXPRESSION",
            {
                "expression": "!(unit.attributes.fn in ['drop_database', 'delete_backups', 'disable_audit_log'])",
                "message": "'No agent may call ' + unit.attributes.fn + ', and nobody is asked.'",
            },
            OnBlock.REJECT,
        ),
        # A name is a promise of whoever wrote the tool, which is good enough to save a question and no
        # more: get_and_delete asks. Replace both patterns by a list of your own tools.
        SampleGuardian(
            "read-only",
            "EXPRESSION",
            {
                "expression": (
                    "unit.attributes.fn.matches('^(get|list|read|search|find|describe|count)([_A-Z].*)?$') && "
                    "!unit.attributes.fn.matches("
                    "'(?i)(delete|remove|drop|send|write|update|create|set_|pay|transfer|execute|run_)')"
                ),
                "message": "unit.attributes.fn + ' may do more than read.'",
            },
            OnBlock.ASK,
        ),
    ),
)

SAMPLE_GATES = (LOAN_APPROVAL, DEPLOYMENT, AGENT_ACTION)
