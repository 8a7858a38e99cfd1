"""Several questions and one act: each by itself, and what could not be done says why."""

from uuid import uuid4

import pytest
from django.utils import timezone

from accounts.models import Membership
from interventions import actions
from interventions.models import Intervention
from interventions.tests.asking import ask, everything, fresh, held, status_of, verbs
from kit.errors import BadInput, NotAllowed, NotThere


def many(sys: Membership, count: int = 3, **about: object) -> list[Intervention]:
    return [ask(sys, title=f"Refund {number}", **about) for number in range(count)]


def keys(questions: list[Intervention]) -> list[object]:
    return [question.pk for question in questions]


def why_not(outcomes: list[actions.bulk.Outcome]) -> list[str]:
    return [outcome.problem.sentence if outcome.problem else "" for outcome in outcomes]


@pytest.mark.parametrize(
    "act, status, verb",
    [
        ("approve", "approved", "intervention.decided"),
        ("reject", "rejected", "intervention.decided"),
        ("cancel", "cancelled", "intervention.decided"),
        ("claim", "in_progress", "intervention.claimed"),
    ],
)
def test_each_is_done_and_has_its_own_line(ada, sys, act, status, verb):
    questions = many(sys)

    outcomes = actions.act_on_many(keys(questions), act=act, actor=ada)

    assert why_not(outcomes) == ["", "", ""]
    for question in questions:
        assert status_of(question) == status
        assert verbs(question)[-1:] == [verb]


def test_what_is_claimed_is_released(ada, sys):
    questions = many(sys)
    actions.act_on_many(keys(questions), act="claim", actor=ada)

    actions.act_on_many(keys(questions), act="release", actor=ada)

    assert {status_of(question) for question in questions} == {"pending"}


def test_one_that_fails_fails_alone(ada, bo, sys):
    first, taken, last = many(sys)
    actions.reject(taken.pk, actor=bo)
    strange = uuid4()

    outcomes = actions.act_on_many([first.pk, taken.pk, strange, last.pk], act="approve", actor=ada)

    assert [outcome.question_id for outcome in outcomes] == [first.pk, taken.pk, strange, last.pk]
    done, lost, gone, also = why_not(outcomes)
    assert (done, also) == ("", "")
    assert "Bo Lindqvist rejected this" in lost
    assert gone == "There is no such question."
    assert [status_of(question) for question in (first, taken, last)] == ["approved", "rejected", "approved"]


def test_the_reason_is_everyones(ada, sys):
    questions = many(sys, reason_required=True)

    assert all("say why" in why for why in why_not(actions.act_on_many(keys(questions), act="reject", actor=ada)))
    actions.act_on_many(keys(questions), act="reject", actor=ada, reason="Not in a freeze.")

    assert {fresh(question).decision.reason for question in questions} == {"Not in a freeze."}


def test_stopped_work_goes_on(ada, sys):
    stopped = held(sys, "resume")

    actions.act_on_many([stopped.pk], act="approve", actor=ada)

    assert fresh(stopped).decision.verdict == "resumed"
    assert fresh(stopped).unit.status == "active"


def test_a_vote_is_one_vote(ada, sys):
    (question,) = many(sys, 1, required_approvals=2)

    actions.act_on_many([question.pk, question.pk], act="approve", actor=ada)

    assert status_of(question) == "pending"
    assert question.votes.count() == 1


def test_what_can_be_undone_is_held_back_as_if_it_were_pressed_alone(ada, sys):
    questions = many(sys, undo_seconds=10)

    actions.act_on_many(keys(questions), act="approve", actor=ada)

    assert {status_of(question) for question in questions} == {"pending"}
    assert all(fresh(question).hold.by_id == ada.pk for question in questions)


def test_questions_about_one_unit_do_not_stand_in_each_others_way(ada, sys):
    first = held(sys)
    second = ask(sys, unit=first.unit_id)

    outcomes = actions.act_on_many([second.pk, first.pk], act="reject", actor=ada)

    assert sorted(bool(why) for why in why_not(outcomes)) == [False, True]
    assert {status_of(first), status_of(second)} == {"rejected", "cancelled"}


def test_a_rehearsal_says_the_same_and_changes_nothing(ada, bo, sys):
    first, taken, own = *many(sys, 2), ask(ada, requester_may_approve=False)
    actions.reject(taken.pk, actor=bo)
    before = everything()

    said = why_not(actions.rehearse_on_many(keys([first, taken, own]), act="approve", actor=ada))

    assert everything() == before
    assert said == why_not(actions.act_on_many(keys([first, taken, own]), act="approve", actor=ada))
    assert said[0] == ""
    assert "rejected this" in said[1]
    assert "somebody else must approve it" in said[2]


def test_a_missing_reason_is_no_obstacle_in_a_rehearsal(ada, sys):
    (question,) = many(sys, 1, reason_required=True)

    assert why_not(actions.rehearse_on_many([question.pk], act="reject", actor=ada)) == [""]


@pytest.mark.parametrize("count", [0, 201])
def test_from_one_to_two_hundred(ada, count):
    with pytest.raises(BadInput, match="from 1 to 200"):
        actions.act_on_many([uuid4() for _ in range(count)], act="approve", actor=ada)


def test_an_act_that_is_none_is_refused(ada, sys):
    with pytest.raises(BadInput, match="choose one of"):
        actions.act_on_many(keys(many(sys)), act="waive", actor=ada)


def test_a_viewer_does_nothing_to_many(vi, sys):
    with pytest.raises(NotAllowed):
        actions.act_on_many(keys(many(sys)), act="claim", actor=vi)


def test_a_stranger_finds_none_of_them(cy, sys):
    with pytest.raises(NotThere):
        actions.rehearse_on_many(keys(many(sys)), act="approve", actor=cy)


# The pages

FROM_DIALOG = {"HX-Request": "true", "HX-Target": "bulk"}


def test_the_plan_lists_what_would_happen_and_what_cannot(client_of, ada, bo, sys):
    first, taken = many(sys, 2)
    actions.reject(taken.pk, actor=bo)

    plan = client_of(ada).post(
        "/interventions/bulk/plan", {"act": "approve", "pick": keys([first, taken])}, headers=FROM_DIALOG
    )

    assert "Approve 1 question" in plan.text
    assert f'value="{first.pk}:{first.mark}" checked' in plan.text
    assert f'value="{taken.pk}' not in plan.text
    assert "Bo Lindqvist rejected this" in plan.text
    assert status_of(first) == "pending"


@pytest.mark.parametrize("address", ["/interventions/bulk", "/interventions/bulk/plan"])
def test_what_has_changed_since_it_was_picked_is_left_out(client_of, ada, sys, address):
    same, other = many(sys, 2)
    picks = [f"{question.pk}:{question.mark}" for question in (same, other)]
    Intervention.objects.filter(pk=other.pk).update(content_hash="f" * 64)

    page = client_of(ada).post(address, {"act": "approve", "pick": picks}, headers=FROM_DIALOG)

    assert page.text.count("What is asked here has changed since you looked.") == 1
    assert status_of(other) == "pending"


def test_a_claim_is_about_the_question_and_not_about_its_content(client_of, ada, sys):
    (question,) = many(sys, 1)
    Intervention.objects.filter(pk=question.pk).update(content_hash="f" * 64)

    said = {"act": "claim", "pick": [f"{question.pk}:{question.mark}"]}
    page = client_of(ada).post("/interventions/bulk", said, headers=FROM_DIALOG)

    assert "1 of 1 done" in page.text


def test_the_plan_asks_for_a_reason_where_a_gate_does(client_of, ada, sys):
    picks = keys(many(sys, 2)) + keys(many(sys, 1, reason_required=True))

    plan = client_of(ada).post("/interventions/bulk/plan", {"act": "reject", "pick": picks}, headers=FROM_DIALOG)

    assert 'name="reason" required' in plan.text


def test_the_answer_lists_mixed_outcomes_and_brings_the_rows(client_of, ada, bo, sys):
    first, taken = many(sys, 2)
    actions.reject(taken.pk, actor=bo)

    done = (
        client_of(ada)
        .post(
            "/interventions/bulk",
            {"act": "approve", "pick": keys([first, taken]), "reason": "Checked together."},
            headers=FROM_DIALOG,
        )
        .text
    )

    assert "1 of 2 done" in done
    assert "Not approved" in done
    assert "Bo Lindqvist rejected this" in done
    assert done.count('hx-swap-oob="morph"') == 2
    assert fresh(first).decision.reason == "Checked together."


@pytest.mark.parametrize("address", ["/interventions/bulk", "/interventions/bulk/plan"])
def test_both_are_pages_without_a_script_and_never_a_get(client_of, ada, sys, address):
    picks = keys(many(sys, 2))

    page = client_of(ada).post(address, {"act": "claim", "pick": picks})

    assert page.status_code == 200
    assert "</html>" in page.text
    assert client_of(ada).get(address).status_code == 405


@pytest.mark.parametrize(
    "said",
    [
        {"act": "approve"},
        {"act": "waive", "pick": [str(uuid4())]},
        {"act": "approve", "pick": ["not-an-id"]},
        {"act": "approve", "pick": ["not-an-id:0123456789abcdef"]},
        {"act": "approve", "pick": [str(uuid4()) for _ in range(201)]},
        {"act": "approve", "pick": [str(uuid4())], "reason": "x" * 20_000},
    ],
)
def test_what_makes_no_sense_is_refused(client_of, ada, said):
    assert client_of(ada).post("/interventions/bulk", said, headers=FROM_DIALOG).status_code == 422


def test_those_that_are_out_of_time_say_so(client_of, ada, sys):
    (question,) = many(sys, 1, expires_at=timezone.now())

    plan = client_of(ada).post(
        "/interventions/bulk/plan", {"act": "approve", "pick": [question.pk]}, headers=FROM_DIALOG
    )

    assert "The time to decide has passed." in plan.text
    assert "Nothing of this can be done." in plan.text
