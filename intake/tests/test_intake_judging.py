"""What becomes of one unit at the door, and what it keeps of it for ever."""

import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest
import rfc8785
from django.utils import timezone

from accounts.actions import create_platform
from audit.models import Entry
from guardians import actions as guardians
from guardians import policy
from intake.queries import unit_for
from intake.serializers import read_unit
from intake.tests.doors import open_gate, post, submitted, unit_in
from interventions.models import Intervention
from kit.errors import NotAllowed, NotThere
from kit.requests import set_came_from
from work import actions as work
from work.models import Unit


def stored(external_id: str = "loan-1") -> Unit:
    return Unit.objects.get(external_id=external_id)


@pytest.mark.parametrize(
    "rule, on_block, outcome, status",
    [
        ("passes", "ask", "passed", "active"),
        ("held", "ask", "held", "awaiting_pilot"),
        ("held", "reject", "blocked", "failed"),
    ],
)
def test_what_the_gate_says_is_what_becomes_of_the_unit(sys, rule, on_block, outcome, status):
    open_gate(sys, "loans", rule, on_block=on_block)
    result = submitted(unit_in(), sys)
    unit = stored()

    assert (result.status, result.answer["verdict"]["outcome"], result.answer["status"]) == (201, outcome, status)
    assert (unit.verdict["outcome"], unit.status) == (outcome, status)
    assert (unit.settled_at is not None) is (status == "failed")
    assert Intervention.objects.exists() is (outcome == "held")
    assert Entry.objects.get(verb="unit.submitted").data["outcome"] == outcome


def test_a_routed_unit_is_told_where_to_go(sys, max):
    gate = open_gate(sys)
    config = {"attribute": "country", "routes": {"se": ["north"]}, "default_route": None}
    guardians.post_guardian(gate.pk, "way", type="DIRECTIONAL_FILTER", config=config, actor=max)
    policy._forget("loans", sys.organization_id)
    result = submitted(unit_in(attributes={"country": "se"}), sys)

    assert (result.answer["verdict"]["outcome"], list(result.answer["verdict"]["directions"])) == ("routed", ["north"])
    assert result.answer["status"] == "active"


def test_a_blocked_unit_says_why_in_its_note(sys):
    open_gate(sys, "loans", "held", on_block="reject")
    submitted(unit_in(), sys)

    assert stored().note == stored().verdict["reason"] != ""


def test_a_shadow_is_recorded_and_stops_nothing(sys):
    gate = open_gate(sys)
    post(gate, "watcher", "false", mode="shadow")
    result = submitted(unit_in(), sys)

    assert result.answer["status"] == "active"
    assert [(said["name"], said["shadow"], said["allowed"]) for said in stored().verdict["guardians"]] == [
        ("watcher", True, False)
    ]


def test_a_guardian_that_is_off_leaves_no_trace(sys):
    gate = open_gate(sys)
    post(gate, "sleeper", "false", mode="off")
    submitted(unit_in(), sys)

    assert (stored().policy, stored().verdict["guardians"]) == ([], [])


def test_a_share_of_units_is_held_and_the_others_carry_what_was_said(sys):
    gate = open_gate(sys)
    post(gate, "sampler", "false", percent=50)
    outcomes = {submitted(unit_in(f"loan-{n}"), sys).answer["verdict"]["outcome"] for n in range(40)}

    assert outcomes == {"passed", "held"}
    assert all(unit.policy[0]["percent"] == 50 for unit in Unit.objects.all())


def test_a_unit_keeps_the_policy_that_judged_it_whatever_the_gate_becomes(sys, max):
    gate = open_gate(sys, "loans", "held")
    submitted(unit_in(), sys)
    before = Unit.objects.values("policy", "verdict").get()
    asked = Intervention.objects.values().get()

    post(gate, "rule-0", "true")
    guardians.change_gate(gate.pk, actor=max, required_approvals=5, on_timeout="approve", name="Changed")
    policy._forget("loans", sys.organization_id)
    again = submitted(unit_in(), sys)
    later = submitted(unit_in("loan-2"), sys)

    assert Unit.objects.values("policy", "verdict").get(external_id="loan-1") == before
    assert Intervention.objects.values().get() == asked
    assert (again.status, again.answer["verdict"]["outcome"], again.answer["policy"]) == (200, "held", before["policy"])
    assert later.answer["verdict"]["outcome"] == "passed"


FORM = {
    "kind": "waiver",
    "priority": 1,
    "required_role": "Admin",
    "required_approvals": 3,
    "requester_may_approve": True,
    "reason_required": True,
    "edits_allowed": True,
    "answer_schema": {"type": "string"},
    "on_timeout": "escalate",
}


def test_a_question_takes_the_form_of_its_gate(sys):
    gate = open_gate(sys, "loans", "held", due_seconds=60, expires_seconds=600, **FORM)
    submitted(unit_in(description="Please.", attributes={"n": 1}, requested_by="Agent 7"), sys)
    asked = Intervention.objects.get()

    assert {name: getattr(asked, name) for name in FORM} == FORM
    assert (asked.gate, asked.unit, asked.requester) == (gate, stored(), sys)
    assert (asked.title, asked.description, asked.context, asked.requested_by) == (
        "Loan 7",
        "Please.",
        {"n": 1},
        "Agent 7",
    )
    assert asked.due_at - asked.created_at == timedelta(seconds=60)
    assert asked.expires_at - asked.created_at == timedelta(seconds=600)
    assert asked.held_because == stored().verdict["reason"]


def test_the_priority_of_a_unit_is_its_own_or_that_of_the_gate(sys):
    open_gate(sys, "loans", "held", priority=1)
    submitted(unit_in("plain"), sys)
    submitted(unit_in("urgent", priority="critical"), sys)

    assert (stored("plain").priority, stored("urgent").priority) == (1, 0)
    assert set(Intervention.objects.values_list("priority", flat=True)) == {0, 1}


def test_a_question_ends_with_the_unit_that_expires_before_it(sys):
    open_gate(sys, "loans", "held", due_seconds=900, expires_seconds=86_400)
    submitted(unit_in(expires_in=60), sys)

    assert Intervention.objects.get().expires_at == Intervention.objects.get().due_at == stored().expires_at
    assert stored().expires_at - stored().created_at == timedelta(seconds=60)


def test_a_unit_owes_heartbeats_where_its_gate_asks_for_them_and_only_while_active(sys):
    gate = open_gate(sys, "loans", "unit.attributes.n == 1", heartbeat_seconds=30, max_interactions=2)
    submitted(unit_in("passes"), sys)
    submitted(unit_in("held", attributes={"n": 2}), sys)
    active, waiting = stored("passes"), stored("held")

    assert active.heartbeat_due_at - active.created_at == timedelta(seconds=30)
    assert (
        (active.heartbeat_seconds, active.max_interactions)
        == (gate.heartbeat_seconds, gate.max_interactions)
        == (30, 2)
    )
    assert waiting.heartbeat_due_at is None
    assert work.release(waiting.pk, actor=sys).heartbeat_due_at is not None


@pytest.mark.parametrize(
    "value", [{"b": 1.0, "a": ["é", 1e21, -0.0]}, {"\U0001f600": 1, "\ue000": 2}, {"n": 0.1 + 0.2}]
)
def test_the_content_hash_is_that_of_an_independent_canonical_text(sys, value):
    open_gate(sys, "loans", "held")
    result = submitted(unit_in(attributes=value), sys)
    proposing = submitted(unit_in("loan-2", attributes={"n": 1}, proposed=value), sys)
    digest = hashlib.sha256(rfc8785.dumps(value)).hexdigest()

    assert result.answer["content_hash"] == stored().content_hash == digest
    assert Intervention.objects.get(unit=stored()).content_hash == digest
    assert Intervention.objects.get(pk=proposing.answer["intervention"]["id"]).content_hash == digest
    assert proposing.answer["content_hash"] != digest


def test_the_same_content_in_other_words_is_the_same_request(sys):
    open_gate(sys)
    first = submitted(
        read_unit(b'{"gate":"loans","external_id":"1","title":"T","attributes":{"a":1.0,"b":"\\u00e9"}}'), sys
    )
    again = submitted(
        read_unit('{"attributes":{"b":"é","a":1},"title":"T","external_id":"1","gate":"loans"}'.encode()), sys
    )

    assert (first.status, again.status) == (201, 200)


OTHER = [
    {"title": "Loan 8"},
    {"description": "x"},
    {"workflow": "x"},
    {"attributes": {"n": 2}},
    {"priority": "normal"},
    {"callback_url": "https://example.com/"},
    {"expires_in": 60},
    {"proposed": {}},
    {"requested_by": "x"},
]


@pytest.mark.parametrize("other", OTHER, ids=lambda other: next(iter(other)))
def test_the_same_name_for_other_content_is_refused_and_told_which_unit_has_it(sys, other):
    open_gate(sys)
    first = submitted(unit_in(), sys)
    refused = submitted(unit_in(**other), sys)

    assert (refused.status, refused.problem.members["id"]) == (409, str(first.answer["id"]))
    assert Unit.objects.count() == 1


def test_other_platforms_and_organizations_have_names_of_their_own(sys, cy, max):
    open_gate(sys)
    open_gate(cy)
    submitted(unit_in(), sys)
    assert submitted(unit_in(title="Theirs"), cy).status == 201

    sys.platform = create_platform("ci", "CI", actor=max)
    assert submitted(unit_in(title="Another"), sys).status == 201
    assert Unit.objects.count() == 3


def test_a_gate_of_another_organization_is_not_there(sys, cy):
    open_gate(sys)
    refused = submitted(unit_in(), cy)

    assert (refused.status, refused.problem.errors[0]["field"]) == (422, "gate")


def test_a_child_knows_its_parent(sys):
    open_gate(sys)
    parent = submitted(unit_in("parent"), sys).answer["id"]
    child = submitted(unit_in("child", parent=parent), sys)

    assert child.status == 201
    assert stored("child").parent_id == parent


@pytest.mark.parametrize("status", ["completed", "failed", "cancelled"])
def test_a_settled_parent_takes_no_more_children(sys, status):
    open_gate(sys)
    parent = submitted(unit_in("parent"), sys).answer["id"]
    Unit.objects.filter(pk=parent).update(status=status, settled_at=timezone.now())
    refused = submitted(unit_in("child", parent=parent), sys)

    assert refused.status == 409
    assert "takes no more children" in refused.problem.sentence


def test_a_parent_that_is_not_there_or_not_ours_is_refused_by_name(sys, cy):
    open_gate(sys)
    open_gate(cy)
    theirs = submitted(unit_in("parent"), cy).answer["id"]

    for parent in (uuid4(), theirs):
        refused = submitted(unit_in("child", parent=parent), sys)
        assert (refused.status, refused.problem.errors[0]["field"]) == (422, "parent")


@pytest.mark.parametrize("scopes, may", [(("submit",), True), (("read", "decide", "admin"), False)])
def test_a_key_submits_only_with_the_scope_for_it(sys, scopes, may):
    open_gate(sys)
    sys.scopes = scopes

    if may:
        assert submitted(unit_in(), sys).status == 201
    else:
        with pytest.raises(NotAllowed):
            submitted(unit_in(), sys)


def test_the_ledger_says_from_where_a_unit_came(sys):
    open_gate(sys, "loans", "held")
    set_came_from("192.0.2.7")
    submitted(unit_in(), sys)
    set_came_from("")

    assert set(Entry.objects.order_by("-pk").values_list("came_from", flat=True)[:2]) == {"192.0.2.7"}


def test_a_stranger_reads_no_unit_and_a_program_reads_what_it_submitted(sys, cy):
    open_gate(sys)
    unit_id = submitted(unit_in(), sys).answer["id"]

    assert unit_for(sys, unit_id)["external_id"] == "loan-1"
    with pytest.raises(NotThere):
        unit_for(cy, unit_id)


NUL, HALF = "a\x00b", "\ud800"
DEEP = {"a": None}
for _level in range(40):
    DEEP = {"a": DEEP}


@pytest.mark.parametrize(
    "field, value",
    [
        *[
            (name, text)
            for name in ("external_id", "title", "description", "workflow", "requested_by")
            for text in (NUL, HALF)
        ],
        ("gate", NUL),
        ("gate", HALF),
        ("gate", "nowhere"),
        ("callback_url", "https://example.com/\x00"),
        ("callback_url", "javascript:alert(1)"),
        ("callback_url", "http://127.0.0.1/"),
        ("callback_url", "https://me:secret@example.com/"),
        ("attributes", {"a": NUL}),
        ("attributes", {NUL: 1}),
        ("attributes", {"a": [HALF]}),
        ("attributes", {"n": 2**53}),
        ("attributes", {"n": float("nan")}),
        ("attributes", DEEP),
        ("attributes", {"a": "x" * 262_144}),
        ("attributes", {"é" * 5: "é" * 131_072}),
        ("proposed", {"a": NUL}),
        ("proposed", DEEP),
        ("proposed", "x" * 262_145),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_what_cannot_be_kept_is_refused_by_the_name_of_its_field(sys, field, value):
    open_gate(sys, "loans", "held")
    before = Entry.objects.count()
    refused = submitted(unit_in(**{field: value}), sys)

    assert (refused.status, [error["field"] for error in refused.problem.errors]) == (422, [field])
    assert (Unit.objects.count(), Entry.objects.count()) == (0, before)


def test_attributes_of_256_kib_fit(sys):
    open_gate(sys, "loans", "held")

    assert submitted(unit_in(attributes={"a": "x" * (262_144 - len('{"a":""}'))}), sys).status == 201
