"""Gates: what they may be, who may change them, and what is written down."""

import pytest

from audit.models import Entry
from guardians import actions
from guardians.models import Gate, Guardian
from kit.errors import BadInput, NotAllowed, NotThere, Refusal


@pytest.fixture
def gate(max) -> Gate:
    return actions.create_gate("loans", actor=max, name="Loans")


@pytest.fixture
def heard(monkeypatch):
    hints = []
    monkeypatch.setattr(
        actions, "announce", lambda topic, key, *, organization_id: hints.append((topic, key, organization_id))
    )
    return hints


def test_a_gate_opens_with_a_form_that_is_safe(gate):
    assert (gate.on_block, gate.on_timeout, gate.required_approvals) == ("ask", "reject", 1)
    assert gate.requester_may_approve
    assert not gate.edits_allowed


def test_opening_and_changing_are_written_down_and_announced(max, heard):
    gate = actions.create_gate("loans", actor=max, name="Loans", description="What we lend.", priority=1)
    actions.change_gate(gate.pk, actor=max, required_approvals=2)

    created, changed = Entry.objects.about("gate", gate.pk).order_by("pk")
    assert (created.verb, created.data) == ("gate.created", {"slug": "loans", "form": {"name": "Loans", "priority": 1}})
    assert (changed.verb, changed.data) == ("gate.changed", {"form": {"required_approvals": 2}})
    assert heard == [("guardians.gate", "loans", max.organization_id)] * 2


def test_a_change_leaves_what_it_does_not_name(gate, max):
    actions.change_gate(gate.pk, actor=max, reason_required=True)
    after = Gate.objects.get(pk=gate.pk)

    assert (after.name, after.reason_required, after.expires_seconds) == ("Loans", True, gate.expires_seconds)


def test_a_name_that_is_taken_is_refused_and_leaves_nothing(gate, max, cy):
    before = Entry.objects.count()

    with pytest.raises(Refusal, match="There already is a gate “loans”"):
        actions.create_gate("loans", actor=max, name="Again")
    assert Entry.objects.count() == before
    assert actions.create_gate("loans", actor=cy, name="Theirs").organization_id == cy.organization_id


BAD = [
    ("name", ""),
    ("name", "x" * 201),
    ("name", "a\x00b"),
    ("description", "\ud800"),
    ("operator", "XOR"),
    ("on_block", "shrug"),
    ("kind", "riddle"),
    ("priority", 9),
    ("required_role", "Nobody"),
    ("required_role", "System"),
    ("required_role", "Op\x00erator"),
    ("required_role", "\ud800"),
    ("required_approvals", 0),
    ("required_approvals", 21),
    ("required_approvals", "many"),
    ("due_seconds", 0),
    ("due_seconds", -1),
    ("expires_seconds", 0),
    ("expires_seconds", 2**40),
    ("heartbeat_seconds", 0),
    ("max_interactions", 0),
    ("on_timeout", "hope"),
    ("reason_presets", ["x"] * 10),
    ("reason_presets", ["x" * 121]),
    ("reason_presets", ["a\x00b"]),
    ("answer_schema", {"type": "objekt"}),
    ("answer_schema", {"$ref": "https://example.com/schema"}),
    ("answer_schema", {"$ref": "#/nowhere"}),
    ("answer_schema", {"pattern": "(?=look)ahead"}),
    ("answer_schema", {"const": "a\x00b"}),
    ("answer_schema", [1]),
    ("colour", "red"),
]


@pytest.mark.parametrize("field, value", BAD, ids=ascii)
def test_what_a_gate_cannot_be_is_refused_by_the_name_of_its_setting(gate, max, field, value):
    before = Gate.objects.values().get(pk=gate.pk), Entry.objects.count()

    with pytest.raises(BadInput) as changed:
        actions.change_gate(gate.pk, actor=max, **{field: value})
    with pytest.raises(BadInput) as created:
        actions.create_gate("other", actor=max, **({"name": "Other"} | {field: value}))

    assert {error["field"] for error in (*changed.value.errors, *created.value.errors)} == {field}
    assert (Gate.objects.values().get(pk=gate.pk), Entry.objects.count()) == before


@pytest.mark.parametrize("slug", ["", "not a slug", "x" * 81, "ü", "a\x00b"], ids=ascii)
def test_the_short_name_of_a_gate_is_a_slug(max, slug):
    with pytest.raises(BadInput, match="slug"):
        actions.create_gate(slug, actor=max, name="Loans")


@pytest.mark.parametrize("person", ["ada", "vi", "sys"])
def test_only_an_admin_changes_gates(request, gate, person):
    actor = request.getfixturevalue(person)

    with pytest.raises(NotAllowed, match="Only an Admin"):
        actions.create_gate("mine", actor=actor, name="Mine")
    with pytest.raises(NotAllowed, match="Only an Admin"):
        actions.change_gate(gate.pk, actor=actor, name="Mine")


def test_a_strangers_gate_is_not_there(gate, cy):
    with pytest.raises(NotThere):
        actions.change_gate(gate.pk, actor=cy, name="Mine")
    with pytest.raises(NotThere):
        actions.post_guardian(gate.pk, "mine", type="PASS_THRU", config={}, actor=cy)
    assert not Gate.objects.visible_to(cy).filter(pk=gate.pk).exists()


def test_a_viewer_sees_gates_and_a_key_that_only_submits_does_not(gate, vi, sys):
    sys.scopes = ("submit",)

    assert Gate.objects.visible_to(vi).count() == 1
    assert not Gate.objects.visible_to(sys).exists()


def test_a_guardian_is_written_down_and_announced_at_its_gate(gate, max, heard):
    actions.post_guardian(gate.pk, "all", type="PASS_THRU", config={}, actor=max, mode="shadow", percent=10)

    line = Entry.objects.latest("pk")
    assert (line.verb, line.data) == (
        "guardian.posted",
        {"version": 1, "type": "PASS_THRU", "mode": "shadow", "percent": 10},
    )
    assert heard == [("guardians.gate", "loans", max.organization_id)]


def test_guardians_stand_in_the_order_of_their_first_posting(gate, max):
    for name in ("one", "two", "one", "three"):
        actions.post_guardian(gate.pk, name, type="PASS_THRU", config={}, actor=max)

    assert list(gate.guardians.values_list("name", "position")) == [("one", 1), ("two", 2), ("three", 3)]


@pytest.mark.parametrize(
    "about, field",
    [
        ({"name": ""}, "name"),
        ({"name": "not a slug"}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"type": "ORACLE"}, "type"),
        ({"config": {"colour": "red"}}, "config"),
        ({"config": {"a\x00b": 1}}, "config"),
        ({"mode": "maybe"}, "mode"),
        ({"percent": 101}, "percent"),
        ({"percent": -1}, "percent"),
        ({"on_block": "shrug"}, "on_block"),
    ],
    ids=ascii,
)
def test_what_a_guardian_cannot_be_is_refused_by_the_name_of_its_setting(gate, max, about, field):
    before = Entry.objects.count()
    name = about.pop("name", "all")

    with pytest.raises(BadInput) as refused:
        actions.post_guardian(gate.pk, name, **({"type": "PASS_THRU", "config": {}} | about), actor=max)
    assert [error["field"].split(".")[0] for error in refused.value.errors] == [field]
    assert (Guardian.objects.count(), Entry.objects.count()) == (0, before)
