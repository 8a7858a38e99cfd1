"""Gates, units and submits for the tests of the door."""

from datetime import UTC, datetime
from typing import Any

from accounts.models import Membership
from accounts.queries import default_platform_of, system_of
from guardians import actions as guardians
from guardians import policy
from guardians.models import Gate
from guardians.policy import policy_at
from intake.actions import Result, submit
from intake.serializers import UnitIn
from intake.submission import Submission, prepare

EXPRESSION = {"held": "false", "passes": "true"}


def open_gate(member: Membership, slug: str = "loans", *rules: str, **form: Any) -> Gate:
    """A gate of the member's organization; each rule is a CEL expression, "held" and "passes" for short."""
    system = system_of(member.organization_id)
    gate = guardians.create_gate(slug, actor=system, **{"name": slug} | form)
    for number, rule in enumerate(rules):
        post(gate, f"rule-{number}", EXPRESSION.get(rule, rule))
    return gate


def post(gate: Gate, name: str, expression: str, **about: Any) -> None:
    """A guardian at the gate, or a new version of it; heard of at once, as the hub would see to."""
    config = {"expression": expression}
    actor = system_of(gate.organization_id)
    guardians.post_guardian(gate.pk, name, type="EXPRESSION", config=config, actor=actor, **about)
    policy._forget(gate.slug, gate.organization_id)


def unit_in(external_id: str = "loan-1", **about: Any) -> UnitIn:
    return UnitIn(**{"gate": "loans", "external_id": external_id, "title": "Loan 7", "attributes": {"n": 1}} | about)


def submitted(item: UnitIn, actor: Membership) -> Result:
    (result,) = submit([item], actor=actor)
    return result


def prepared(item: UnitIn, actor: Membership) -> Submission:
    """Judged and spelled out, not yet written."""
    platform = actor.platform or default_platform_of(actor.organization_id)
    return prepare(item, policy_at(actor.organization_id, item.gate), actor, platform, datetime.now(UTC))
