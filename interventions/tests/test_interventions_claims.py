"""Taking a question in hand, and putting it back."""

import pytest

from accounts.models import Membership
from audit.models import Entry
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from kit.errors import BadInput, NotAllowed, Refusal


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return actions.raise_intervention(Question(kind="approval", title="Deploy 4.18.2"), actor=sys)


def last_entry(intervention: Intervention) -> Entry:
    return Entry.objects.about("intervention", intervention.pk).latest("pk")


def test_a_claim_and_a_release_say_why_in_the_ledger(ada, question):
    actions.claim(question.pk, reason="I wrote it.", actor=ada)
    assert (last_entry(question).verb, last_entry(question).data) == ("intervention.claimed", {"reason": "I wrote it."})

    actions.release(question.pk, actor=ada)
    assert last_entry(question).data == {"held_by": "Ada Nyström"}


def test_claiming_what_is_already_mine_changes_nothing(ada, question):
    actions.claim(question.pk, actor=ada)
    before = Entry.objects.count()

    assert actions.claim(question.pk, actor=ada).status == "in_progress"
    assert Entry.objects.count() == before


def test_what_somebody_holds_is_not_taken_from_them_but_by_an_admin(ada, bo, max, question):
    actions.claim(question.pk, actor=ada)

    with pytest.raises(Refusal, match="Ada Nyström has already claimed this"):
        actions.claim(question.pk, actor=bo)
    with pytest.raises(NotAllowed, match="only they or an Admin"):
        actions.release(question.pk, actor=bo)
    assert actions.release(question.pk, actor=max).status == "pending"


def test_a_claim_keeps_nobody_from_deciding(ada, bo, question):
    actions.claim(question.pk, actor=ada)

    assert actions.approve(question.pk, actor=bo).status == "approved"


def test_an_endless_reason_is_refused(ada, question):
    with pytest.raises(BadInput, match="reason: at most 10000 characters"):
        actions.claim(question.pk, reason="x" * 10_001, actor=ada)
