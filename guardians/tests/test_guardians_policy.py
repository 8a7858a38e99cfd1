"""A gate ready to judge: who stands there, for whom, and what is remembered of it."""

import msgspec
import pytest

from guardians import actions, policy
from guardians.models import Gate, Guardian, GuardianVersion
from guardians.policy import policy_at
from guardians.tests.units import NOW, a_unit
from kit.errors import BadInput

NEVER = {"type": "EXPRESSION", "config": {"expression": "false"}}


@pytest.fixture
def gate(max) -> Gate:
    return actions.create_gate("loans", actor=max, name="Loans")


@pytest.fixture
def post(gate, max):
    def post(name: str = "never", **about):
        return actions.post_guardian(gate.pk, name, **NEVER | about, actor=max)

    return post


def judged(gate: Gate, external_id: str = "unit-1") -> dict:
    verdict = policy_at(gate.organization_id, gate.slug).judge(a_unit(external_id=external_id), NOW)
    return msgspec.to_builtins(verdict)


@pytest.fixture(autouse=True)
def forgetful(monkeypatch):
    """No hub listens here: whoever changes a gate forgets it by hand."""
    monkeypatch.setattr(
        actions, "announce", lambda topic, key, *, organization_id: policy._forget(key, organization_id)
    )


def test_a_gate_without_guardians_lets_everything_pass(gate):
    verdict = judged(gate)

    assert (verdict["outcome"], verdict["guardian"], verdict["guardians"]) == ("passed", None, [])


def test_a_block_is_a_question_unless_the_gate_rejects(gate, post, max):
    post()
    assert judged(gate)["outcome"] == "held"

    actions.change_gate(gate.pk, actor=max, on_block="reject")
    assert judged(gate)["outcome"] == "blocked"


@pytest.mark.parametrize(
    "at_the_gate, at_the_guardian, outcome",
    [
        ("ask", "", "held"),
        ("ask", "reject", "blocked"),
        ("reject", "ask", "held"),
        ("reject", "", "blocked"),
    ],
)
def test_a_guardian_may_say_itself_what_its_block_means(gate, post, max, at_the_gate, at_the_guardian, outcome):
    actions.change_gate(gate.pk, actor=max, on_block=at_the_gate)
    post(on_block=at_the_guardian)

    assert judged(gate)["outcome"] == outcome


def test_a_shadow_speaks_and_stops_nobody(gate, post):
    post(mode="shadow")
    verdict = judged(gate)

    assert verdict["outcome"] == "passed"
    assert [(said["name"], said["shadow"], said["allowed"]) for said in verdict["guardians"]] == [
        ("never", True, False)
    ]


def test_a_guardian_that_is_off_is_not_asked_and_not_kept(gate, post):
    post()
    post(mode="off")
    verdict = judged(gate)

    assert (verdict["outcome"], verdict["guardians"]) == ("passed", [])
    assert policy_at(gate.organization_id, "loans").snapshot == ()


def test_the_newest_version_is_in_force(gate, post):
    post()
    post(config={"expression": "true"})

    assert judged(gate)["guardians"][0]["version"] == 2
    assert judged(gate)["outcome"] == "passed"


@pytest.mark.parametrize("percent", [0, 30, 100])
def test_a_share_of_the_units_is_enforced_and_the_rest_recorded(gate, post, percent):
    post(percent=percent)
    verdicts = [judged(gate, f"unit-{number}") for number in range(300)]
    held = sum(verdict["outcome"] == "held" for verdict in verdicts)

    assert abs(held - 3 * percent) <= (0 if percent in (0, 100) else 30)
    for verdict in verdicts:
        assert verdict["guardians"][0]["shadow"] is (verdict["outcome"] == "passed")


def test_a_unit_tried_again_meets_the_same_share(gate, post):
    post(percent=50)

    for number in range(50):
        assert judged(gate, f"unit-{number}")["outcome"] == judged(gate, f"unit-{number}")["outcome"]


def test_who_is_enforced_at_a_small_share_stays_so_at_a_larger_one(gate, post):
    post(percent=20)
    few = {number for number in range(100) if judged(gate, f"unit-{number}")["outcome"] == "held"}
    post(percent=60)
    more = {number for number in range(100) if judged(gate, f"unit-{number}")["outcome"] == "held"}

    assert few < more


def test_two_guardians_take_their_shares_independently(gate, post):
    post("first", percent=50)
    post("second", percent=50)
    both = [tuple(said["shadow"] for said in judged(gate, f"unit-{n}")["guardians"]) for n in range(100)]

    assert len(set(both)) > 2


def test_what_judged_a_unit_is_kept_version_by_version(gate, post):
    version = post(percent=30)

    assert policy_at(gate.organization_id, "loans").snapshot == (
        {"guardian": "never", "version": 1, "id": version.pk, "type": "EXPRESSION", "mode": "enforce", "percent": 30},
    )


def test_the_verdict_names_who_decided_and_why(gate, post):
    post("fine", config={"expression": "true"})
    post("never")
    verdict = judged(gate)

    assert verdict["guardian"] == "never v1"
    assert verdict["reason"] == verdict["guardians"][1]["reason"]
    assert verdict["evidence"] == verdict["guardians"][1]["evidence"]


@pytest.mark.parametrize("slug", ["nowhere", "", "a\x00b", "ü", "\ud800", "x" * 10_000], ids=ascii)
def test_a_gate_that_is_not_there_is_said_not_to_be(gate, slug):
    with pytest.raises(BadInput, match="gate: there is no gate") as refused:
        policy_at(gate.organization_id, slug)
    assert len(refused.value.sentence) < 150
    assert refused.value.errors[0]["field"] == "gate"


def test_a_gate_of_another_organization_is_not_there(gate, cy):
    with pytest.raises(BadInput):
        policy_at(cy.organization_id, "loans")


def test_a_gate_is_remembered_until_the_wire_says_it_changed(gate, post, django_assert_num_queries, monkeypatch):
    monkeypatch.setattr(actions, "announce", lambda *_, **__: None)
    policy_at(gate.organization_id, "loans")
    with django_assert_num_queries(0):
        policy_at(gate.organization_id, "loans")
    post()

    policy._forget("other", gate.organization_id)
    assert policy_at(gate.organization_id, "loans").standing == ()
    policy._forget("loans", gate.organization_id)
    assert len(policy_at(gate.organization_id, "loans").standing) == 1


def test_when_hints_were_lost_everything_is_read_anew(gate, post, monkeypatch):
    monkeypatch.setattr(actions, "announce", lambda *_, **__: None)
    policy_at(gate.organization_id, "loans")
    post()
    policy._forget(None, None)

    assert len(policy_at(gate.organization_id, "loans").standing) == 1


def test_a_stored_rule_that_no_longer_compiles_refuses_every_unit(gate, post):
    """A plugin that is gone must not open its gate."""
    post()
    lost = Guardian.objects.create(gate=gate, name="lost", position=0)
    GuardianVersion.objects.create(guardian=lost, number=1, type="GONE", config={}, created_by=post().created_by)

    assert judged(gate)["outcome"] == "held"
    assert judged(gate)["guardian"] == "lost v1"
