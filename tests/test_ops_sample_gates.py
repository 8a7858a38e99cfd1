"""The gates a new installation starts with say what their descriptions promise."""

from typing import Any

import pytest
from django.core.management import call_command

from accounts.queries import organization_named, system_of
from intake.actions import submit
from intake.serializers import UnitIn


@pytest.fixture
def verdict_of(db: None, capsys: pytest.CaptureFixture[str]) -> Any:
    """What a sample gate says about attributes: `verdict_of("deployment", {...})`."""
    call_command("bootstrap")
    organization = organization_named("default")
    assert organization is not None
    system = system_of(organization.pk)

    def ask(gate: str, attributes: dict[str, Any]) -> tuple[str, str]:
        (result,) = submit([UnitIn(gate=gate, external_id="1", title="Try", attributes=attributes)], actor=system)
        assert result.answer is not None, result.problem
        verdict = result.answer["verdict"]
        return verdict["outcome"], (verdict["guardian"] or "").partition(" ")[0]

    return ask


LOAN = {"case_id": "173688", "amount_requested": 15_000, "offers_sent": 1}


@pytest.mark.parametrize(
    "changed, said",
    [
        ({}, ("passed", "")),
        ({"amount_requested": 15_001}, ("held", "within-mandate")),
        ({"amount_requested": 500}, ("passed", "")),
        ({"amount_requested": 499}, ("blocked", "smallest-loan")),
        ({"amount_requested": "15000"}, ("blocked", "complete-application")),
        ({"amount_requested": 15_000.5}, ("blocked", "complete-application")),
        ({"case_id": ""}, ("blocked", "complete-application")),
        ({"offers_sent": 4}, ("held", "few-offers")),
    ],
)
def test_loan_approval(verdict_of: Any, changed: dict[str, Any], said: tuple[str, str]) -> None:
    assert verdict_of("loan-approval", LOAN | changed) == said


def test_a_loan_that_tells_no_offers_may_pass(verdict_of: Any) -> None:
    assert verdict_of("loan-approval", {"case_id": "1", "amount_requested": 900}) == ("passed", "")


RELEASE = {
    "service": "checkout-api",
    "version": "4.18.2",
    "environment": "staging",
    "canary_percent": 100,
    "tests": {"passed": 812, "failed": 0},
}


@pytest.mark.parametrize(
    "changed, said",
    [
        ({}, ("passed", "")),
        ({"tests": {"passed": 811, "failed": 1}}, ("blocked", "no-failed-tests")),
        ({"tests": {"passed": 0, "failed": 0}}, ("held", "tests-were-run")),
        ({"environment": "prod"}, ("blocked", "described")),
        ({"canary_percent": 101}, ("blocked", "described")),
    ],
)
def test_deployment(verdict_of: Any, changed: dict[str, Any], said: tuple[str, str]) -> None:
    assert verdict_of("deployment", RELEASE | changed) == said


@pytest.mark.parametrize(
    "fn, said",
    [
        ("get_weather", ("passed", "")),
        ("listFiles", ("passed", "")),
        ("search", ("passed", "")),
        ("send_email", ("held", "read-only")),
        ("get_and_delete", ("held", "read-only")),
        ("getOrCreateUser", ("held", "read-only")),
        ("reader", ("held", "read-only")),
        ("drop_database", ("blocked", "never")),
        ("", ("blocked", "function-call")),
    ],
)
def test_agent_action(verdict_of: Any, fn: str, said: tuple[str, str]) -> None:
    assert verdict_of("agent-action", {"fn": fn, "kwargs": {}}) == said


def test_a_release_that_tells_nothing_of_tests_asks(verdict_of: Any) -> None:
    untested = {name: value for name, value in RELEASE.items() if name != "tests"}

    assert verdict_of("deployment", untested) == ("held", "tests-were-run")


def test_a_full_rollout_to_production_is_never_let_through_unasked(verdict_of: Any) -> None:
    outcome, _guardian = verdict_of("deployment", RELEASE | {"environment": "production"})

    assert outcome == "held"
