"""A gate that asks for a passkey: given for this very act, once, and kept with the decision."""

import json
from datetime import timedelta

import pytest
from django.db.models import F

from accounts.tests.device import Device
from audit.models import Entry
from interventions import actions
from interventions.models import Challenge, Decision, Hold, Intervention, Vote
from interventions.queries.question_page import question_page
from interventions.queries.queue_page import rows_of
from interventions.tests.asking import ask, everything, fresh, narrowed, status_of
from kit.errors import NotAllowed, NotThere, Refusal

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true", "HX-Target": "question", "host": "localhost"}


@pytest.fixture
def question(sys):
    return ask(sys, passkey_required=True, proposed={"amount": 900})


def begin(question, actor, act="approve", **more):
    return actions.begin_passkey(question.pk, act=act, host="localhost", actor=actor, **more)


def test_it_is_approved_with_a_passkey_and_says_so_for_good(question, ada):
    device = Device(ada.pilot)
    actions.approve(question.pk, actor=ada, reason="Fine.", passkey=device.sign(begin(question, ada)))

    decision = Decision.objects.get()
    assert (decision.verdict, decision.by, decision.passkey) == ("approved", ada, device.name)
    assert Entry.objects.get(verb="intervention.decided").data["passkey"] == device.name
    assert not Challenge.objects.exists()


def test_without_one_it_is_refused_in_a_sentence_and_nothing_changes(question, ada):
    before = everything()
    with pytest.raises(Refusal, match=r"asks for a passkey.*add one in your profile") as refused:
        actions.approve(question.pk, actor=ada)
    assert refused.value.members["code"] == "passkey_missing"
    Device(ada.pilot)
    with pytest.raises(Refusal, match="asks for a passkey"):
        actions.approve(question.pk, actor=ada)

    assert everything() == before


def test_a_key_cannot_approve_there(question, sys, key_of, client_of):
    Device(sys.pilot)
    with pytest.raises(Refusal, match="asks for a passkey"):
        actions.approve(question.pk, actor=narrowed(sys, "decide"))
    answer = client_of(None).post(
        f"/api/interventions/{question.pk}/approve",
        {"reason": "Fine."},
        content_type="application/json",
        headers={"Authorization": f"Bearer {key_of(sys)}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "passkey_missing")
    assert status_of(question) == "pending"


def test_to_say_no_takes_no_passkey(question, ada):
    assert actions.reject(question.pk, actor=ada, reason="Too much.").status == "rejected"


def refused(question, actor, assertion, **more):
    before = everything()
    with pytest.raises(Refusal, match="not accepted"):
        actions.approve(question.pk, actor=actor, passkey=assertion, **more)
    assert everything() == before


def test_what_was_signed_counts_once(question, sys, ada, bo):
    other = ask(sys, passkey_required=True, required_approvals=2, proposed={"amount": 900})
    device = Device(ada.pilot)
    assertion = device.sign(begin(other, ada))
    actions.approve(other.pk, actor=ada, passkey=assertion)

    assert Vote.objects.get().passkey == device.name
    refused(question, ada, assertion)
    refused(other, bo, assertion)


def test_what_was_signed_for_one_question_counts_for_no_other(question, sys, ada):
    other = ask(sys, passkey_required=True, proposed={"amount": 900})
    assertion = Device(ada.pilot).sign(begin(question, ada))

    refused(other, ada, assertion)


def test_what_was_signed_for_one_act_counts_for_no_other(question, max):
    Intervention.objects.update(allowed_actions=["approve", "waive", "reject"])
    assertion = Device(max.pilot).sign(begin(question, max, "waive"))

    refused(question, max, assertion)
    assert actions.waive(question.pk, actor=max, reason="Once.", passkey=assertion).status == "approved"


def test_what_was_signed_for_a_proposal_counts_for_no_edit_of_it(question, ada):
    Intervention.objects.update(edits_allowed=True)
    device = Device(ada.pilot)

    refused(question, ada, device.sign(begin(question, ada)), edited={"amount": 9})
    assertion = device.sign(begin(question, ada, edited={"amount": 9}))
    refused(question, ada, assertion, edited={"amount": 9000})
    assert actions.approve(question.pk, actor=ada, passkey=assertion, edited={"amount": 9}).status == "approved"


def test_two_minutes_later_it_counts_no_more(question, ada):
    assertion = Device(ada.pilot).sign(begin(question, ada))
    Challenge.objects.update(at=F("at") - timedelta(minutes=2))

    refused(question, ada, assertion)


def test_somebody_elses_passkey_does_not_count(question, ada, bo):
    Device(ada.pilot)
    strange = Device(bo.pilot)

    refused(question, ada, strange.sign(begin(question, ada)))


def test_a_passkey_that_verified_nobody_does_not_count(question, ada):
    refused(question, ada, Device(ada.pilot, verifies=False).sign(begin(question, ada)))


@pytest.mark.parametrize(
    "forged", [{"origin": "https://evil.example"}, {"challenge": "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg"}]
)
def test_a_forged_assertion_does_not_count(question, ada, forged):
    refused(question, ada, Device(ada.pilot).sign(begin(question, ada), **forged))


@pytest.mark.parametrize("garbage", ["x", 1, [], {"response": 1}, {"response": {"clientDataJSON": "e30"}}, {"a": {}}])
def test_garbage_is_refused_in_a_sentence(question, ada, garbage):
    Device(ada.pilot)
    begin(question, ada)
    with pytest.raises(Refusal):
        actions.approve(question.pk, actor=ada, passkey=garbage)


def test_a_changed_signature_does_not_count(question, ada):
    assertion = Device(ada.pilot).sign(begin(question, ada))
    assertion["response"]["signature"] = assertion["response"]["signature"][:-6] + "AAAAAA"

    refused(question, ada, assertion)


def test_who_may_not_decide_is_asked_to_sign_nothing(question, vi, cy, ada):
    with pytest.raises(NotAllowed):
        begin(question, vi)
    with pytest.raises(NotThere):
        begin(question, cy)
    with pytest.raises(Refusal, match="add one in your profile"):
        begin(question, ada)
    assert not Challenge.objects.exists()


def test_asking_anew_takes_the_place_of_what_was_asked(question, ada):
    device = Device(ada.pilot)
    first = device.sign(begin(question, ada))
    begin(question, ada)

    assert Challenge.objects.count() == 1
    refused(question, ada, first)


def test_what_can_be_undone_keeps_its_passkey_until_it_is_carried_out(question, ada):
    Intervention.objects.update(undo_seconds=30)
    device = Device(ada.pilot)
    actions.approve(question.pk, actor=ada, passkey=device.sign(begin(question, ada)))
    hold = Hold.objects.get()
    assert hold.passkey == device.name

    actions.carry_out(question.pk, organization_id=question.organization_id, now=hold.until)
    assert Decision.objects.get().passkey == device.name


def test_several_at_once_cannot_be_approved_there_and_it_says_why(question, sys, ada):
    Device(ada.pilot)
    plain = ask(sys)
    outcomes = actions.rehearse_on_many([question.pk, plain.pk], act="approve", actor=ada)

    assert "for this one question on its page" in outcomes[0].problem.sentence
    assert outcomes[1].problem is None


def test_beside_the_list_it_is_not_offered_for_one_key(question, ada):
    row = rows_of(ada, [question.pk])[question.pk]

    assert (row.yes, row.alike, row.way_on) == ("", "", "review")
    assert not question_page(ada, question.pk).is_for_one_key


def test_the_page_asks_for_it_and_says_what_was_given(client_of, question, ada):
    device, browser = Device(ada.pilot), client_of(ada)
    at = f"/interventions/{question.pk}"
    assert f'data-sign="{at}/passkey"' in browser.get(at).text
    said = browser.post(f"{at}/approval", {"reason": "Fine."}, headers=HTMX)
    assert said.status_code == 409
    assert "asks for a passkey" in said.text
    assert "Fine." in said.text

    options = browser.post(f"{at}/passkey", {"act": "approval", "reason": "x"}, headers={"host": "localhost"})
    assert options.json()["publicKey"]["userVerification"] == "required"
    assertion = device.sign(options.json())
    done = browser.post(f"{at}/approval", {"reason": "Fine.", "passkey": json.dumps(assertion)}, headers=HTMX)
    assert done.status_code == 200
    assert "Given by passkey" in done.text
    assert fresh(question).status == "approved"
    told = browser.get(f"/api{at}").json()
    assert told["decision"]["passkey"] == device.name
    assert told["passkey_required"] is True


def test_only_what_lets_it_run_is_signed(client_of, question, ada):
    Device(ada.pilot)
    browser = client_of(ada)

    assert browser.post(f"/interventions/{question.pk}/passkey", {"act": "rejection"}).status_code == 422
    assert browser.post(f"/interventions/{question.pk}/passkey", {}).status_code == 422
