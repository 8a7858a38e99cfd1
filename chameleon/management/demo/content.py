"""What the demo's programs ask. All of it is invented; no name here is anybody's."""

from collections.abc import Callable
from random import Random
from typing import Any, NamedTuple

from chameleon.management.sample_gates import (
    AGENT_ACTION,
    DAY,
    DEPLOYMENT,
    HOUR,
    LOAN_APPROVAL,
    SampleGate,
    SampleGuardian,
)
from guardians.models import Kind, OnBlock, OnTimeout
from work.models import Priority

# The pilots: user name, name, role. The first is whoever looks at the demo.
PILOTS = (
    ("demo", "Demo Visitor", "Admin"),
    ("demo-ingrid", "Ingrid Solheim", "Admin"),
    ("demo-tomas", "Tomás Rivera", "Operator"),
    ("demo-aiko", "Aiko Tanaka", "Operator"),
    ("demo-femi", "Femi Adeyemi", "Operator"),
)
# The programs: user name, name, kind, and the platform each comes from.
PROGRAMS = {
    "harbour": ("Harbour CI", "system", "Harbour CI"),
    "kestrel": ("Kestrel", "agent", "Kestrel agents"),
    "till": ("Till", "system", "Till payments"),
    "ledgerline": ("Lending desk", "system", "Lending desk"),
}

REFUND = SampleGate(
    "refund",
    {
        "name": "Refund",
        "description": "Money back to customers. Small amounts go by themselves, the rest is looked at.",
        "kind": Kind.APPROVAL,
        "priority": Priority.NORMAL,
        "due_seconds": 1800,
        "expires_seconds": DAY,
        "on_timeout": OnTimeout.REJECT,
        "edits_allowed": True,
        "reason_presets": ["As the terms say", "Goodwill", "Already paid back", "No proof of purchase"],
    },
    (
        SampleGuardian(
            "small-amount",
            "EXPRESSION",
            {
                "expression": "unit.attributes.amount <= 80",
                "message": "'EUR ' + string(unit.attributes.amount) + ' is more than the EUR 80 that need nobody.'",
            },
            OnBlock.ASK,
        ),
    ),
)
PAYOUT = SampleGate(
    "payout",
    {
        "name": "Payout",
        "description": "Transfers to suppliers. Two people look at a large one, or at a new account.",
        "kind": Kind.APPROVAL,
        "priority": Priority.CRITICAL,
        "required_approvals": 2,
        "due_seconds": 600,
        "expires_seconds": 2 * HOUR,
        "on_timeout": OnTimeout.REJECT,
        "reason_required": True,
        "reason_presets": ["Called the supplier back", "Matches the order", "Account was never used before"],
    },
    (
        SampleGuardian(
            "known-account",
            "EXPRESSION",
            {
                "expression": "unit.attributes.known_account && unit.attributes.amount < 25000",
                "message": "'EUR ' + string(unit.attributes.amount) + ' to ' + unit.attributes.supplier + '.'",
            },
            OnBlock.ASK,
        ),
    ),
)
GATES = (DEPLOYMENT, AGENT_ACTION, LOAN_APPROVAL, REFUND, PAYOUT)

SERVICES = ("checkout", "search", "invoices", "sessions", "recommendations", "notifications", "warehouse-sync")
PEOPLE = ("Hanne Vik", "Joris de Boer", "Leila Farouk", "Mateo Cruz", "Nadia Petrova", "Owen Hughes", "Priya Raman")
CHANGES = (
    "Retry a card payment once when the bank does not answer",
    "Index the order history by customer",
    "Drop the old price cache",
    "Sign sessions with the new key",
    "Show delivery times in the customer's zone",
    "Move thumbnails to the second store",
)
CITIES = ("Bergen", "Gent", "Lyon", "Porto", "Graz", "Tartu")
SUPPLIERS = ("Nordlys Paper", "Quayside Logistics", "Alder & Finch", "Montclair Foods")
REASONS = ("arrived broken", "charged twice", "never arrived", "wrong size", "cancelled in time")
PURPOSES = ("a used car", "a new kitchen", "a heat pump", "dental work", "moving house")


class Asked(NamedTuple):
    """What one program submits: who, and the body of POST /api/units."""

    program: str
    unit: dict[str, Any]


def deployment(dice: Random, number: int) -> Asked:
    service, version = dice.choice(SERVICES), f"{dice.randint(2, 9)}.{dice.randint(0, 30)}.{dice.randint(0, 9)}"
    percent = dice.choice((5, 10, 25, 30, 50, 100))
    changes = dice.sample(CHANGES, k=dice.randint(1, 3))
    attributes = {
        "service": service,
        "version": version,
        "environment": "production",
        "canary_percent": percent,
        "tests": {"passed": dice.randint(180, 2400), "failed": 0},
    }
    return Asked(
        "harbour",
        {
            "gate": "deployment",
            "external_id": f"release-{number}",
            "workflow": f"release-{service}",
            "title": f"Deploy {service} {version} to {percent} % of production",
            "description": "What is in it:\n\n" + "\n".join(f"- {change}" for change in changes),
            "attributes": attributes,
            "proposed": {"service": service, "version": version, "canary_percent": percent},
            "requested_by": dice.choice(PEOPLE),
            "priority": dice.choice(("high", "high", "normal", "critical")),
            "tags": [service],
        },
    )


def agent_call(dice: Random, number: int) -> Asked:
    customer = f"C-{dice.randint(10_000, 99_999)}"
    title, fn, kwargs = dice.choice(
        (
            (f"Issue a voucher of EUR 25 to {customer}", "issue_voucher", {"customer": customer, "amount": 25}),
            (f"Change the delivery address of {customer}", "change_address", {"customer": customer, "city": "Bergen"}),
            (f"Write to {customer} about the late parcel", "send_email", {"to": customer, "template": "late-parcel"}),
            (f"Close the account of {customer}", "close_account", {"customer": customer, "reason": "asked by phone"}),
            (f"Rebuild the search index in {dice.choice(CITIES)}", "rebuild_index", {"shards": dice.randint(2, 12)}),
            (f"Look up the orders of {customer}", "get_orders", {"customer": customer}),
        )
    )
    return Asked(
        "kestrel",
        {
            "gate": "agent-action",
            "external_id": f"call-{number}",
            "workflow": "support-desk",
            "title": title,
            "attributes": {"fn": fn, "kwargs": kwargs},
            "requested_by": f"Agent {dice.choice(('Wren', 'Swift', 'Rook'))}",
            "priority": dice.choice(("normal", "high", "high")),
            "tags": ["support"],
        },
    )


def refund(dice: Random, number: int) -> Asked:
    order, amount, reason = f"{dice.randint(70_000, 99_999)}", dice.randint(40, 900), dice.choice(REASONS)
    return Asked(
        "till",
        {
            "gate": "refund",
            "external_id": f"refund-{number}",
            "workflow": "refunds",
            "title": f"Refund EUR {amount} for order {order}: {reason}",
            "attributes": {"order": order, "amount": amount, "reason": reason, "orders_before": dice.randint(0, 40)},
            "proposed": {"order": order, "amount": amount},
            "requested_by": dice.choice(PEOPLE),
            "priority": "low" if amount < 200 else "normal",
            "tags": ["money"],
        },
    )


def loan(dice: Random, number: int) -> Asked:
    amount = dice.randint(6, 60) * 1000
    case = f"L-{dice.randint(1000, 9999)}"
    return Asked(
        "ledgerline",
        {
            "gate": "loan-approval",
            "external_id": f"loan-{number}",
            "workflow": "consumer-loans",
            "title": f"Loan of EUR {amount:,} for {dice.choice(PURPOSES)}",
            "attributes": {
                "case_id": case,
                "amount_requested": amount,
                "offers_sent": dice.randint(0, 4),
                "income_per_month": dice.randint(18, 62) * 100,
                "months": dice.choice((24, 36, 48, 60)),
            },
            "requested_by": f"Branch {dice.choice(CITIES)}",
            "priority": dice.choice(("normal", "low", "normal")),
        },
    )


def payout(dice: Random, number: int) -> Asked:
    supplier, amount = dice.choice(SUPPLIERS), dice.randint(26, 180) * 1000
    return Asked(
        "till",
        {
            "gate": "payout",
            "external_id": f"payout-{number}",
            "workflow": "payouts",
            "title": f"Pay EUR {amount:,} to {supplier}",
            "attributes": {"supplier": supplier, "amount": amount, "known_account": dice.random() < 0.5},
            "proposed": {"supplier": supplier, "amount": amount, "currency": "EUR"},
            "requested_by": dice.choice(PEOPLE),
            "tags": ["money", "suppliers"],
        },
    )


MIX: tuple[tuple[Callable[[Random, int], Asked], int], ...] = (
    (deployment, 5),
    (agent_call, 6),
    (refund, 6),
    (loan, 3),
    (payout, 1),
)


def anything(dice: Random, number: int) -> Asked:
    """The next thing some program wants, in the mix of an ordinary day."""
    kinds, weights = zip(*MIX, strict=True)
    made: Asked = dice.choices(kinds, weights)[0](dice, number)
    return made


def a_doubt(dice: Random) -> dict[str, Any]:
    """A question that an agent asks directly: it does not know, and a form answers it."""
    customer = f"C-{dice.randint(10_000, 99_999)}"
    return {
        "kind": "clarification",
        "title": f"Which of two addresses is right for {customer}?",
        "description": "The order and the account do not agree, and the parcel leaves at the next full hour.",
        "context": {"customer": customer, "order": dice.choice(CITIES), "account": dice.choice(CITIES)},
        "priority": int(Priority.HIGH),
        "requested_by": "Agent Wren",
        "answer_schema": {
            "type": "object",
            "required": ["address"],
            "properties": {
                "address": {"enum": ["the one on the order", "the one of the account"], "title": "Right address"},
                "note": {"type": "string", "maxLength": 200, "title": "Note for the driver"},
            },
        },
    }
