"""Whatever can be done with a question is refused while a stop covers it, or stands here with the reason why not."""

import pytest

from accounts.queries import system_of
from interventions.tests.asking import everything
from interventions.tests.stopping import stop
from kit.errors import Problem
from tests.deeds import interventions
from tests.deeds.case import Cast

GOES_ON = {
    "comment": "people talk about what is stopped",
    "undo": "takes back what was pressed before: nothing proceeds by it",
    "look": "says who is there",
    "note_seen": "says who is there",
    "note_caller": "says whether the caller still listens",
    "note_delivery": "what was decided before has been told",
    "cancel_unit": "an end is no way on",
    "fail_unit": "an end is no way on",
    "create_saved_view": "about no question",
    "change_saved_view": "about no question",
    "delete_saved_view": "about no question",
    "export_history": "about no question",
    "export_ledger": "about no question",
}
SAYS_IT_OF_EACH = {"act_on_many", "rehearse_on_many"}
WHY = "Max Keller has stopped the whole organization"
NAMES = [name for _app, name in interventions.CASES]

pytestmark = pytest.mark.django_db


@pytest.fixture
def tried(max, ada, bo, vi, cy, sys):
    """What comes of a deed that was made ready before everything was stopped: its refusal, or what it returns."""

    def act(name):
        cast = Cast(max=max, ada=ada, bo=bo, vi=vi, cy=cy, sys=sys, system=system_of(sys.organization_id))
        case = interventions.CASES["interventions", name]
        deed = case.ready(cast)
        stop(max, "organization", "")
        before = everything()
        try:
            return deed(actor=getattr(cast, case.actor)), everything() != before
        except Problem as refused:
            return refused, everything() != before

    return act


@pytest.mark.parametrize("name", [name for name in NAMES if name not in GOES_ON.keys() | SAYS_IT_OF_EACH])
def test_while_it_is_stopped_it_is_refused_in_the_words_of_the_stop(tried, name):
    refused, has_changed = tried(name)

    assert isinstance(refused, Problem)
    assert refused.sentence.startswith(WHY)
    assert "stop" in refused.members
    assert not has_changed


@pytest.mark.parametrize("name", sorted(SAYS_IT_OF_EACH))
def test_of_many_each_says_so(tried, name):
    (outcome,), has_changed = tried(name)

    assert outcome.problem.sentence.startswith(WHY)
    assert not has_changed


@pytest.mark.parametrize("name", sorted(GOES_ON))
def test_what_goes_on_goes_on(tried, name):
    outcome, _has_changed = tried(name)

    assert not isinstance(outcome, Problem)
