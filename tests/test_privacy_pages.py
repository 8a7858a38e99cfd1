"""The pages about personal data: what they offer to whom, what they refuse in place, and what is in the file."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actions as accounts
from accounts.models import Organization
from audit.models import Erasure
from interventions import actions
from interventions.models import Intervention, SavedView
from interventions.tests.asking import ask, fresh


def test_the_file_holds_what_one_said_decided_and_asked(ada, bo, sys, client_of):
    question = ask(sys, title="Deploy the ledger")
    actions.claim(question.pk, actor=ada)
    actions.comment(question.pk, body="Hm, @bo?", actor=ada)
    actions.comment(question.pk, body="Yes, @ada.", actor=bo)
    actions.approve(question.pk, reason="Looks right.", actor=ada)
    asked = ask(ada, title="May I?")
    actions.assign(asked.pk, to="local:ada", actor=bo)
    SavedView.objects.create(owner=ada, name="Mine", query="priority=high")
    found = json.loads(b"".join(client_of(ada).get("/profile/data.json").streaming_content))

    assert [one["words"] for one in found["comments"]] == ["Hm, @bo?"]
    assert [(one["title"], one["act"], one["reason"]) for one in found["votes"]] == [
        ("Deploy the ledger", "approve", "Looks right.")
    ]
    assert [one["verdict"] for one in found["decisions"]] == ["approved"]
    assert [one["question"] for one in found["mentions"]] == [str(question.pk)]
    assert [one["title"] for one in found["questions_asked"]] == ["May I?"]
    assert [one["title"] for one in found["questions_assigned"]] == ["May I?"]
    assert [one["filters"] for one in found["saved_views"]] == ["priority=high"]


def test_a_member_page_offers_the_file_and_the_erasure(ada, max, sys, client_of):
    browser = client_of(max)

    assert f"/members/{ada.pk}/data.json" in (page := browser.get(f"/members/{ada.pk}").text)
    assert f"/members/{ada.pk}/erasure" in page
    assert "erasure" not in browser.get(f"/members/{sys.pk}").text
    assert "erasure" not in browser.get(f"/members/{max.pk}").text


def test_an_admin_erases_on_a_page_that_says_what_goes_and_what_stays(ada, max, client_of):
    browser = client_of(max)
    page = browser.get(f"/members/{ada.pk}/erasure").text

    assert "What goes" in page
    assert "What stays" in page
    assert "data-dangerous" in page
    assert browser.post(f"/members/{ada.pk}/erasure", {"reason": ""}).status_code == 422
    assert not Erasure.objects.exists()
    told = browser.post(f"/members/{ada.pk}/erasure", {"reason": "They asked for it."}, follow=True).text
    assert Erasure.objects.get().pseudonym in told


def test_who_is_a_member_elsewhere_is_not_erased_and_the_page_says_why(ada, max, cy, client_of):
    accounts.grant_role(ada.pilot, "Viewer", actor=cy)

    answer = client_of(max).post(f"/members/{ada.pk}/erasure", {"reason": "They asked for it."})
    assert answer.status_code == 403
    assert "more than this organization" in answer.text


def test_a_platform_administrator_erases_anybody(ada, root, browser_of):
    browser = browser_of(root)

    assert f"/pilots/{ada.pilot_id}/erasure" in browser.get("/pilots").text
    assert browser.post(f"/pilots/{ada.pilot_id}/erasure", {"reason": "They asked."}).status_code == 302
    page = browser.get("/pilots").text
    assert "erased" in page
    assert f"/pilots/{ada.pilot_id}/reactivation" not in page


def test_times_are_tried_before_they_are_kept(max, sys, ada, client_of):
    question = ask(sys)
    actions.approve(question.pk, actor=ada)
    Intervention.objects.update(settled_at=timezone.now() - timedelta(days=100))
    browser = client_of(max)

    assert "all is kept for ever" in browser.get("/settings/retention").text
    tried = browser.get("/settings/retention", {"settled": "90", "ledger": ""}).text
    assert "The content of 1 question settled before" in tried
    assert "data-dangerous" in tried
    assert Organization.objects.get(pk=max.organization_id).keep_settled_days is None
    assert browser.post("/settings/retention", {"settled": "90", "ledger": "365"}).status_code == 302
    kept = Organization.objects.get(pk=max.organization_id)
    assert (kept.keep_settled_days, kept.keep_ledger_days) == (90, 365)
    assert "90 days" in browser.get("/settings/organization").text


@pytest.mark.parametrize("asked", [{"settled": "29"}, {"settled": "90", "ledger": "60"}, {"settled": "soon"}])
def test_times_that_are_refused_are_refused_in_place(max, client_of, asked):
    browser = client_of(max)

    for answer in (browser.get("/settings/retention", asked), browser.post("/settings/retention", asked)):
        assert answer.status_code == 422
        assert "Nothing was saved." in answer.text


def test_a_question_whose_content_is_gone_says_so(max, sys, ada, client_of):
    question = ask(sys, title="Loan of Mr. Smith")
    actions.approve(question.pk, actor=ada)
    Intervention.objects.update(settled_at=timezone.now() - timedelta(days=100))
    accounts.set_retention(actor=max, keep_settled_days=90, keep_ledger_days=None)
    actions.apply_retention(max.organization_id, now=timezone.now())
    page = client_of(ada).get(f"/interventions/{question.pk}").text

    assert "The content was removed" in page
    assert "Smith" not in page.partition("What happened")[0]
    assert fresh(question).title in client_of(ada).get("/history").text
