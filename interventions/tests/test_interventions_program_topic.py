"""What programs hear and may ask: frames, who gets them, and what was missed meanwhile."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.topics import program
from kit.errors import BadInput, NotThere
from live.topics import find, find_call, program_topics


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return actions.raise_intervention(Question(kind="approval", title="Deploy 4.18.2"), actor=sys)


@pytest.fixture
def asker(sys: Membership) -> Membership:
    """The machine through a key that may only submit."""
    return acting(sys, "submit")


def acting(membership: Membership, *scopes: str) -> Membership:
    narrowed = Membership.objects.acting().get(pk=membership.pk)
    narrowed.scopes = scopes
    return narrowed


def frames(actor: Membership, *keys: str) -> dict:
    return program.render(actor.organization_id, list(keys), program.audience_of(actor))


def test_it_is_registered_for_programs_with_its_calls():
    topic = find("interventions.program")

    assert topic in program_topics()
    assert topic.every == 30
    assert all(find_call(name) for name in ("get_pending", "get_metrics", "request_detail"))


def test_a_new_question_is_pushed_as_one_line_of_the_list(ada, question):
    told = frames(ada, f"new:{question.pk}")

    ((frame,),) = told.values()
    assert frame["type"] == "new_request"
    assert frame["request_id"] == frame["id"] == str(question.pk)
    assert (frame["status"], frame["kind"], frame["title"]) == ("pending", "approval", "Deploy 4.18.2")


def test_a_change_and_a_decision_are_pushed(ada, question):
    actions.claim(question.pk, actor=ada)
    ((changed,),) = frames(ada, f"changed:{question.pk}").values()
    actions.reject(question.pk, reason="No.", actor=ada)
    ((completed,),) = frames(ada, f"completed:{question.pk}").values()

    assert (changed["type"], changed["status"], changed["claimed_by"]) == (
        "status_changed",
        "in_progress",
        ada.pilot.public_id,
    )
    assert (completed["type"], completed["status"]) == ("action_completed", "rejected")
    assert completed["decision"]["reason"] == "No."
    assert completed["resolution_source"] == "human"


def test_figures_are_pushed_by_themselves(ada, question):
    ((frame,),) = frames(ada, "").values()

    assert frame["type"] == "metrics_update"
    assert frame["metrics"]["open"] == 1


def test_the_other_organization_hears_nothing(cy, question):
    assert frames(cy, f"new:{question.pk}") == {}
    assert frames(cy, "")[""][0]["metrics"]["open"] == 0


def test_a_program_that_only_asks_hears_of_its_own(asker, ada, question):
    other = actions.raise_intervention(Question(kind="approval", title="Another's"), actor=ada)

    assert set(frames(asker, f"new:{question.pk}", f"new:{other.pk}")) == {f"new:{question.pk}"}
    assert frames(asker, "")[""][0]["metrics"]["open"] == 1
    assert [row["id"] for row in program.get_pending(asker, {})["results"]] == [str(question.pk)]


def test_who_sees_the_same_shares_a_rendering(ada, bo, vi, cy, asker):
    audience = program.audience_of

    assert len({audience(ada), audience(bo), audience(vi)}) == 1
    assert len({audience(ada), audience(cy), audience(asker)}) == 3


@pytest.mark.parametrize("scopes, may", [(["read"], True), (["submit"], True), (["decide"], True), (["admin"], False)])
def test_who_may_listen(sys, scopes, may):
    assert program.may_listen(acting(sys, *scopes), "") is may


def test_what_was_missed_is_told_once_a_question(ada, sys):
    before, kinds = timezone.now(), ("old", "fresh", "decided at once", "quiet")
    old, fresh, decided, quiet = (
        actions.raise_intervention(Question(kind="approval", title=title), actor=sys) for title in kinds
    )
    since = timezone.now()
    Intervention.objects.filter(pk__in=[old.pk, quiet.pk]).update(created_at=before, updated_at=before)
    Intervention.objects.filter(pk__in=[fresh.pk, decided.pk]).update(created_at=timezone.now())
    actions.claim(old.pk, actor=ada)
    actions.claim(fresh.pk, actor=ada)
    actions.approve(decided.pk, actor=ada)

    assert set(program.missed(ada, "", since)) == {
        f"changed:{old.pk}",
        f"new:{fresh.pk}",
        f"new:{decided.pk}",
        f"completed:{decided.pk}",
    }


def test_a_remark_on_a_settled_question_does_not_settle_it_again(ada, question):
    actions.approve(question.pk, actor=ada)
    Intervention.objects.update(
        settled_at=timezone.now() - timedelta(hours=1), created_at=timezone.now() - timedelta(hours=2)
    )
    actions.comment(question.pk, body="Well done.", actor=ada)

    assert program.missed(ada, "", timezone.now() - timedelta(minutes=1)) == [f"changed:{question.pk}"]


def test_who_missed_too_much_starts_anew(ada, sys, monkeypatch):
    monkeypatch.setattr(program, "MOST_MISSED", 2)
    for at in range(3):
        actions.raise_intervention(Question(kind="approval", title=str(at)), actor=sys)

    assert program.missed(ada, "", timezone.now() - timedelta(minutes=1)) is None


def test_pending_is_asked_for_by_number(ada, sys):
    for at in range(3):
        actions.raise_intervention(Question(kind="approval", title=str(at)), actor=sys)

    two, all_of_them = program.get_pending(ada, {"limit": 2}), program.get_pending(ada, {})
    assert (len(two["results"]), two["more"]) == (2, True)
    assert (len(all_of_them["results"]), all_of_them["more"]) == (3, False)


@pytest.mark.parametrize("limit", [0, 201, "5", None, True, 1.0, 10**30])
def test_a_senseless_number_is_refused(ada, limit):
    with pytest.raises(BadInput, match="limit"):
        program.get_pending(ada, {"limit": limit})


def test_a_question_is_read_with_all_that_was_said(ada, question):
    actions.comment(question.pk, body="Hm.", actor=ada)
    told = program.request_detail(ada, {"request_id": str(question.pk)})["request"]

    assert told["id"] == str(question.pk)
    assert [said["body"] for said in told["comments"]] == ["Hm."]


@pytest.mark.parametrize(
    "frame", [{}, {"request_id": "x"}, {"request_id": 5}, {"request_id": None}, {"request_id": []}]
)
def test_a_question_is_named_by_its_id(ada, frame):
    with pytest.raises(BadInput, match="request_id"):
        program.request_detail(ada, frame)


def test_a_stranger_reads_nothing(cy, question):
    with pytest.raises(NotThere):
        program.request_detail(cy, {"request_id": str(question.pk)})


def test_a_burst_is_read_in_one_query(ada, sys, django_assert_num_queries):
    asked = [actions.raise_intervention(Question(kind="approval", title=str(at)), actor=sys) for at in range(20)]
    with django_assert_num_queries(1):
        assert len(frames(ada, *(f"new:{one.pk}" for one in asked))) == 20
