"""What a question is compared with: the like of it that was settled before, and what differs from that."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from guardians.actions import create_gate
from interventions import actions
from interventions.models import Intervention
from interventions.queries.detail import intervention_for
from interventions.queries.difference import difference_of, leaves_of, share_of_equals
from interventions.queries.similar import CANDIDATES, candidates, past_of
from interventions.queries.verdicts import fields_held
from interventions.tests.asking import ask, expire, narrowed, out_of_time, unit_of

ARGUMENTS = {"service": "checkout", "version": "4.18.1", "canary": 10, "hosts": ["eu-1", "eu-2"]}


def asked(sys, **about):
    return ask(sys, **({"title": "Deploy 4.18.2", "proposed": ARGUMENTS} | about))


def settled(sys, by, **about):
    question = asked(sys, **about)
    return actions.approve(question.pk, reason="Looks right.", actor=by)


def past(question, actor, held=frozenset()):
    return past_of(intervention_for(actor, question.pk), actor, held)


def changes(difference):
    return [(one.op, one.path, one.was, one.now) for one in difference.changes]


# ---------- Two values ----------


def test_what_differs_is_told_path_by_path():
    was = {"version": "1", "freeze": True, "hosts": ["a"], "same": 1, "deep": {"a.b": None}}
    now = {"version": "2", "hosts": ["a", "b"], "same": 1, "deep": {"a.b": {}}}

    found = difference_of(was, now)

    assert changes(found) == [
        ("change", 'deep["a.b"]', None, {}),
        ("drop", "freeze", True, None),
        ("add", "hosts[1]", None, "b"),
        ("change", "version", "1", "2"),
    ]
    assert [one.path for one in found.same] == ["hosts[0]", "same"]


def test_what_a_guardian_held_comes_first():
    found = difference_of({"a": 1, "z": [1]}, {"a": 2, "z": [2]}, frozenset({"z"}))

    assert [(one.path, one.is_held) for one in found.changes] == [("z[0]", True), ("a", False)]


@pytest.mark.parametrize("was, now", [(1, True), (0, False), ("1", 1), (None, 0), ([], {}), ("", None)])
def test_values_of_other_kinds_differ(was, now):
    assert [one.op for one in difference_of({"x": was}, {"x": now}).changes] == ["change"]


def test_paths_stand_as_people_count():
    found = difference_of([0] * 11, [1] * 11)

    assert [one.path for one in found.changes][8:] == ["[8]", "[9]", "[10]"]


def test_very_much_is_compared_as_far_as_anybody_reads():
    found = difference_of([0] * 50_000, [1] * 50_000)

    assert len(found.changes) == 2_000
    assert len(found.shown) + found.rest == 2_000


@pytest.mark.parametrize(
    "one, other, share",
    [({}, {}, 1.0), ({"a": 1}, {"a": 1}, 1.0), ({"a": 1, "b": 2}, {"a": 1, "b": 3}, 0.5), ({"a": 1}, {"b": 1}, 0.0)],
)
def test_the_share_of_equals_is_of_all_paths_in_either(one, other, share):
    assert share_of_equals(leaves_of(one), leaves_of(other)) == share


# ---------- Which one ----------


def test_the_closest_is_the_one_with_most_in_common(sys, ada):
    near = settled(sys, ada, proposed=ARGUMENTS | {"version": "4.17.0"})
    settled(sys, ada, proposed={"service": "ledger", "version": "2", "canary": 50, "hosts": []})

    found = past(asked(sys), ada)

    assert found.closest.question == near
    assert changes(found.difference) == [("change", "version", "4.17.0", "4.18.1")]
    assert found.closest.percent == 80


def test_what_has_another_name_and_nothing_in_common_is_not_alike(sys, ada):
    settled(sys, ada, title="Refund order 4", proposed={"amount": 4})

    assert past(asked(sys), ada).closest is None


def test_the_workflow_weighs_more_than_the_name(sys, ada):
    release = {"unit": unit_of(sys, workflow="release").pk}
    same_workflow = settled(sys, ada, title="Ship it", **release)
    settled(sys, ada, unit=unit_of(sys, workflow="hotfix").pk)

    assert past(asked(sys, unit=unit_of(sys, workflow="release").pk), ada).closest.question == same_workflow


def test_only_the_same_gate_is_looked_at(sys, max, ada):
    here, there = create_gate("here", name="Here", actor=max), create_gate("there", name="There", actor=max)
    Intervention.objects.filter(pk=settled(sys, ada).pk).update(gate=there)
    question = asked(sys)
    Intervention.objects.filter(pk=question.pk).update(gate=here)

    assert past(question, ada).closest is None
    Intervention.objects.filter(pk=question.pk).update(gate=there)
    assert past(question, ada).closest is not None


def test_open_ones_and_later_ones_are_no_precedent(sys, ada):
    asked(sys)
    question = asked(sys)
    assert past(question, ada).closest is None

    actions.approve(question.pk, actor=ada)
    settled(sys, ada)
    assert past(question, ada).closest is None


def test_it_is_compared_with_what_was_approved_as_edited(sys, ada):
    question = asked(sys, edits_allowed=True)
    actions.approve(question.pk, edited=ARGUMENTS | {"canary": 5}, actor=ada)

    assert changes(past(asked(sys), ada).difference) == [("change", "canary", 5, 10)]


def test_without_arguments_the_context_is_compared(sys, ada):
    settled(sys, ada, proposed=None, context={"files": 17})

    assert changes(past(asked(sys, proposed=None, context={"files": 18}), ada).difference) == [
        ("change", "files", 17, 18)
    ]


def test_what_is_much_larger_is_counted_and_not_read(sys, ada):
    settled(sys, ada, proposed={str(number): f"{number:040}" for number in range(2_000)})

    found = past(asked(sys), ada)

    assert found.counted == 1
    assert found.difference is None


def test_nobody_is_shown_what_they_may_not_see(sys, ada, cy):
    settled(sys, ada)
    program = narrowed(sys, "submit")

    assert past(asked(sys), ada).closest is not None
    assert not candidates(asked(sys), cy)
    assert {one.requester_id for one in candidates(asked(sys), program)} <= {sys.pk}


def test_a_timeout_is_counted_apart_from_what_people_said(sys, ada, bo):
    settled(sys, ada)
    settled(sys, bo)
    actions.reject(asked(sys).pk, actor=ada)
    expire(out_of_time(asked(sys)))

    found = past(asked(sys), ada)

    assert {(one.status, one.by_timeout, one.count) for one in found.outcomes} == {
        ("approved", False, 2),
        ("rejected", False, 1),
        ("expired", True, 1),
    }
    assert found.counted == 4


def test_what_a_guardian_looked_at_is_read_from_its_evidence(sys):
    evidence = {
        "failed": [{"field": "unit.proposed.canary.percent"}],
        "failures": [{"path": "tests.failed"}],
        "expression": "unit.attributes.amount <= 15000",
        "members": [{"allowed": False, "evidence": {"failed": [{"field": "region"}]}}, {"allowed": True}],
    }

    assert fields_held(unit_of(sys, verdict={"evidence": evidence})) == {"canary", "tests", "amount", "region"}


# ---------- On the page ----------


def test_the_page_shows_the_difference_and_who_settled_the_other(client_of, sys, ada, bo):
    settled(sys, bo, proposed=ARGUMENTS | {"version": "<b>4.17.0"})

    page = client_of(ada).get(f"/interventions/{asked(sys).pk}")

    assert "by Bo Lindqvist" in page.text
    assert "&lt;b&gt;4.17.0" in page.text
    assert "4 the same" in page.text
    assert "Looks right." in page.text


def test_the_page_says_that_there_is_no_precedent(client_of, sys, ada):
    assert "Nothing like it has been settled" in client_of(ada).get(f"/interventions/{asked(sys).pk}").text


def test_more_of_the_like_takes_no_more_statements(client_of, sys, ada, bo):
    client = client_of(ada)
    settled(sys, bo)
    question = asked(sys)
    client.get(f"/interventions/{question.pk}")
    with CaptureQueriesContext(connection) as few:
        client.get(f"/interventions/{question.pk}")
    for _ in range(8):
        settled(sys, bo)

    with CaptureQueriesContext(connection) as many:
        client.get(f"/interventions/{question.pk}")

    assert len(many) == len(few)


MANY = """
    INSERT INTO interventions_intervention (
        id, organization_id, gate_id, kind, priority, status, title, context, content_hash, allowed_actions,
        required_role, required_approvals, requester_may_approve, reason_required, edits_allowed, requester_id, due_at,
        expires_at, on_timeout, settled_at, resolution_source
    )
    SELECT
        gen_random_uuid(), %(organization)s, CASE WHEN i < 2000 THEN %(quiet)s ELSE %(busy)s END, 'approval', 2,
        'approved', 'Refund ' || i, jsonb_build_object('order', i), repeat('0', 64), '{approve,reject}', 'Operator',
        1, true, false, false, %(requester)s, now(), now(), 'reject', now() - (20000 - i) * interval '1 minute', 'human'
    FROM generate_series(1, 20000) i
"""


def test_precedents_at_a_quiet_gate_are_found_by_their_index_however_long_ago(sys, max):
    quiet, busy = create_gate("quiet", name="Quiet", actor=max), create_gate("busy", name="Busy", actor=max)
    with connection.cursor() as cursor:
        about = {"organization": sys.organization_id, "requester": sys.pk, "quiet": quiet.pk, "busy": busy.pk}
        cursor.execute(MANY, about)
        cursor.execute("ANALYZE interventions_intervention")
    question = asked(sys)
    Intervention.objects.filter(pk=question.pk).update(gate=quiet)
    question.refresh_from_db()

    plan = candidates(question, max).explain()

    assert "settled_at_a_gate" in plan
    assert "Sort" not in plan
    assert len(candidates(question, max)) == CANDIDATES


# ---------- The rest of a tree ----------


def test_the_rest_of_a_long_branch_comes_as_lines(client_of, sys, ada):
    question = asked(sys, context={"many": list(range(150))})
    page = f"/interventions/{question.pk}/context?at=/many&start=100"

    lines = client_of(ada).get(page, headers={"HX-Request": "true"}).text

    assert lines.count("<li>") == 50
    assert "<html" not in lines
    assert "<html" in client_of(ada).get(page).text


@pytest.mark.parametrize(
    "at, text",
    [("/version", "4.18.1"), ("/hosts/1", "eu-2"), ("/hosts", '[\n  "eu-1",\n  "eu-2"\n]'), ("/canary", "10")],
)
def test_a_value_is_copied_as_it_is(client_of, sys, ada, at, text):
    answer = client_of(ada).get(f"/interventions/{asked(sys).pk}/proposed", {"plain": 1, "at": at})

    assert answer.text == text
    assert answer["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("at", ["/none", "/hosts/2", "/hosts/-1", "/hosts/²", "/version/0", "/hosts/99999999999999"])
def test_a_place_where_nothing_stands_is_not_there(client_of, sys, ada, at):
    assert client_of(ada).get(f"/interventions/{asked(sys).pk}/proposed", {"at": at}).status_code == 404


@pytest.mark.parametrize("person, status", [("ada", 200), ("vi", 200), ("cy", 404), (None, 302)])
def test_who_may_read_a_branch(request, client_of, sys, person, status):
    client = client_of(person and request.getfixturevalue(person))

    assert client.get(f"/interventions/{asked(sys).pk}/context").status_code == status


@pytest.mark.parametrize("said", ["start=-1", "start=x", "at=" + "x" * 4_001])
def test_a_branch_that_cannot_be_is_refused(client_of, sys, ada, said):
    assert client_of(ada).get(f"/interventions/{asked(sys).pk}/context?{said}").status_code == 422
