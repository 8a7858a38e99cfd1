"""What judging costs: microseconds per unit for each guardian type, and for a gate of five expressions.

    python -m benchmarks.guardians [--seconds 5]

Prints JSON. Every figure is the best of five runs, so that other programs on the machine disturb it least.
"""

import argparse
import json
import os
import sys
import timeit
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chameleon.settings")  # for the titles of refusals alone

from guardians import registry
from guardians.verdicts import UnitSnapshot

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ATTRIBUTES = {
    "amount": 18_500,
    "region": "EU",
    "flagged": False,
    "canary_percent": 25,
    "files": ["billing/tax.py", "billing/vat.py"],
    "deploy": {"percent": 5, "environment": "production"},
    "debt_ratio": 0.31,
    "team": "payments",
}
EXPRESSIONS = (
    "unit.attributes.amount <= 20000",
    'unit.attributes.region in ["EU", "US"]',
    "!unit.attributes.flagged",
    "unit.attributes.deploy.percent < 10 && unit.attributes.debt_ratio <= 0.38",
    'unit.attributes.files.all(file, file.endsWith(".py"))',
)
CONFIGS: dict[str, dict[str, Any]] = {
    "CERBERUS": {},
    "PASS_THRU": {},
    "CRITERIA_GATE": {
        "rules": [
            {"field": "amount", "condition": "lte", "value": 20_000},
            {"field": "region", "condition": "in", "value": ["EU", "US"]},
            {"field": "flagged", "condition": "equals", "value": False},
            {"field": "deploy.percent", "condition": "lt", "value": 10},
            {"field": "team", "condition": "exists"},
        ]
    },
    "DIRECTIONAL_FILTER": {"attribute": "region", "routes": {"EU": ["frankfurt", "dublin"], "US": ["oregon"]}},
    "TTL_CHECK": {},
    "EXPRESSION": {"expression": EXPRESSIONS[0]},
    "SCHEMA": {
        "schema": {
            "type": "object",
            "required": ["amount", "region"],
            "properties": {
                "amount": {"type": "integer", "minimum": 0, "maximum": 20_000},
                "region": {"enum": ["EU", "US"]},
                "team": {"type": "string", "pattern": "^[a-z]+$"},
            },
        }
    },
}
CONFIGS["COMPOSITE"] = {
    "guardians": [{"type": name, "config": CONFIGS[name]} for name in ("PASS_THRU", "TTL_CHECK", "CRITERIA_GATE")]
}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5.0, help="how long it takes, about")
    rounds = max(20, int(400 * options.parse_args().seconds))
    five = [registry.compile("EXPRESSION", {"expression": each}) for each in EXPRESSIONS]
    figures = {
        "snapshot": _microseconds(_unit, rounds),
        "gate of five expressions": _microseconds(_judging(five), rounds),
        "the same, refused by the third": _microseconds(_judging([*five[:2], _refusing(), *five[3:]]), rounds),
        "types": {name: _microseconds(_judging([_compiled(name)]), rounds) for name in CONFIGS},
        "compile": {name: _microseconds(partial(_compiled, name), rounds // 20) for name in CONFIGS},
    }
    print(json.dumps({"unit": "microseconds per unit, snapshot included", "figures": figures}, indent=2))


def _unit() -> UnitSnapshot:
    return UnitSnapshot(
        id="0199a0de-7c1f-7000-8000-000000000000",
        external_id="deploy-4711",
        gate="deploys",
        title="Deploy billing 4.2",
        attributes=ATTRIBUTES,
        children_total=3,
        children_finished=3,
        created_at=NOW - timedelta(seconds=2),
    )


def _compiled(name: str) -> registry.GuardianType:
    return registry.compile(name, CONFIGS[name])


def _refusing() -> registry.GuardianType:
    return registry.compile("EXPRESSION", {"expression": "unit.attributes.flagged"})


def _judging(guardians: list[registry.GuardianType]) -> Callable[[], object]:
    members = [registry.Member(f"guardian-{at}", 1, guardian) for at, guardian in enumerate(guardians)]
    return lambda: registry.judge_all(members, _unit(), "AND", NOW)


def _microseconds(work: Callable[[], object], rounds: int) -> float:
    return round(min(timeit.repeat(work, number=rounds, repeat=5)) / rounds * 1e6, 2)


if __name__ == "__main__":
    main()
