"""The queue and the page of a question: who sees what, what is offered, and what a refusal looks like."""

import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from accounts.models import Membership
from audit.models import Entry
from conftest import member
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.queries.counts import counts_for
from work.models import Priority


def ask(sys: Membership, title: str = "Deploy 4.18.2", **more: object) -> Intervention:
    return actions.raise_intervention(Question(kind=more.pop("kind", "approval"), title=title, **more), actor=sys)


@pytest.fixture
def question(sys: Membership) -> Intervention:
    return ask(sys)


# The buttons of a row: their addresses are made in the browser.
APPROVE, REJECT = '<button class="btn" data-key="a"', '<button class="btn" data-key="r"'


def detail(question: Intervention) -> str:
    return f"/interventions/{question.pk}"


def row_of(question: Intervention) -> dict[str, str]:
    """The headers htmx sends from a row of the queue."""
    return {"HX-Request": "true", "HX-Target": f"card-{question.pk}"}


FROM_PAGE = {"HX-Request": "true", "HX-Target": "question"}
FROM_PANE = {"HX-Request": "true", "HX-Target": "peek"}


@pytest.mark.parametrize("person, status", [("ada", 200), ("vi", 200), ("max", 200), ("cy", 404), (None, 302)])
def test_who_sees_a_question(request, client_of, question, person, status):
    client = client_of(person and request.getfixturevalue(person))

    assert client.get(detail(question)).status_code == status


@pytest.mark.parametrize("person", ["ada", "vi", "max", "cy"])
def test_the_queue_shows_what_its_viewer_may_see(request, client_of, question, person):
    page = client_of(request.getfixturevalue(person)).get("/")

    assert (question.title in page.text) is (person != "cy")


def test_somebody_without_an_organization_is_told_so(client_of, ada):
    ada.ended_at = timezone.now()
    ada.save()

    page = client_of(ada).get("/")

    assert page.status_code == 403
    assert "You do not belong to an organization yet" in page.text


@pytest.mark.parametrize("person, is_offered", [("ada", True), ("max", True), ("vi", False)])
def test_only_who_may_decide_is_offered_it(request, client_of, question, person, is_offered):
    client = client_of(request.getfixturevalue(person))

    for page in (client.get(detail(question)), client.get(detail(question), headers=FROM_PANE)):
        assert (f"{detail(question)}/approval" in page.text) is is_offered
        assert (f"{detail(question)}/rejection" in page.text) is is_offered
    row = client.get("/").text
    assert (APPROVE in row, REJECT in row) == (is_offered, is_offered)


def test_a_viewer_reads_why_nothing_is_offered(client_of, vi, question):
    assert "Your role may look at questions, not answer them." in client_of(vi).get(detail(question)).text


def test_only_an_admin_is_offered_the_waiver(client_of, ada, max, sys):
    question = ask(sys, kind="waiver")

    assert f"{detail(question)}/waiver" in client_of(max).get(detail(question)).text
    page = client_of(ada).get(detail(question)).text
    assert f"{detail(question)}/waiver" not in page
    assert "Only an Admin may waive a violation." in page


def test_a_critical_row_offers_review_and_no_verdict(client_of, ada, sys):
    ask(sys, priority=Priority.CRITICAL)

    page = client_of(ada).get("/").text

    assert "Review" in page
    assert APPROVE not in page


def test_whoever_asked_is_not_offered_the_approval_of_it(client_of, ada, bo):
    question = ask(ada)
    Intervention.objects.filter(pk=question.pk).update(requester_may_approve=False)

    for address, approve in (("/", APPROVE), (detail(question), f"{detail(question)}/approval")):
        assert approve not in client_of(ada).get(address).text
        assert approve in client_of(bo).get(address).text
    assert "somebody else must approve it" in client_of(ada).get(detail(question)).text


def test_whoever_has_voted_is_not_offered_a_second_vote(client_of, ada, bo, sys):
    question = ask(sys, required_approvals=2)

    row = client_of(ada).post(f"{detail(question)}/approval", headers=row_of(question))

    assert "1 of 2" in row.text
    assert APPROVE not in row.text
    assert "You have approved this" in client_of(ada).get(detail(question)).text
    assert APPROVE in client_of(bo).get("/").text


@pytest.mark.parametrize("length, is_taken", [(64, True), (16, True), (15, False)])
def test_a_row_tells_what_it_showed_by_the_beginning_of_its_hash(client_of, ada, sys, length, is_taken):
    question = ask(sys)

    page = client_of(ada).post(f"{detail(question)}/approval", {"seen": question.content_hash[:length]})

    assert page.status_code == (302 if is_taken else 409)
    assert ("has changed since you looked" in page.text) is not is_taken


INTENTS = [
    ("approval", "approval", {}, "approved"),
    ("rejection", "approval", {"reason": "Not in a freeze."}, "rejected"),
    ("waiver", "waiver", {"reason": "Known customer."}, "approved"),
    ("resumption", "resume", {}, "approved"),
    ("answer", "clarification", {"answer": "Storgata 14"}, "completed"),
    ("cancellation", "approval", {}, "cancelled"),
    ("claim", "approval", {}, "in_progress"),
    ("clarification", "approval", {"message": "Why no canary?"}, "awaiting_requester"),
    ("comment", "approval", {"body": "Looks odd."}, "pending"),
]


@pytest.mark.parametrize("intent, kind, words, status", INTENTS)
def test_each_intent_has_its_address_with_and_without_script(client_of, max, sys, intent, kind, words, status):
    for headers, answer in (({}, 302), (FROM_PAGE, 200)):
        question = ask(sys, kind=kind)

        page = client_of(max).post(f"{detail(question)}/{intent}", words, headers=headers)

        assert page.status_code == answer
        question.refresh_from_db()
        assert question.status == status


def test_a_reply_lets_the_clock_go_on(client_of, ada, question):
    actions.clarify(question.pk, message="Which host?", actor=ada)
    assert "Which host?" in client_of(ada).get(detail(question)).text

    client_of(ada).post(f"{detail(question)}/reply", {"message": "host-7"})

    question.refresh_from_db()
    assert question.status == "pending"
    assert "host-7" in client_of(ada).get(detail(question)).text


def test_a_claim_is_released_where_it_was_made(client_of, ada, bo, question):
    client_of(ada).post(f"{detail(question)}/claim")
    assert f"{detail(question)}/release" in client_of(ada).get(detail(question)).text
    assert f"{detail(question)}/release" not in client_of(bo).get(detail(question)).text

    client_of(ada).post(f"{detail(question)}/release")

    question.refresh_from_db()
    assert question.status == "pending"


@pytest.mark.parametrize("intent", [one[0] for one in INTENTS] + ["release", "reply"])
def test_a_get_never_decides(client_of, ada, question, intent):
    assert client_of(ada).get(f"{detail(question)}/{intent}").status_code == 405


@pytest.mark.parametrize("intent", [one[0] for one in INTENTS] + ["release", "reply"])
def test_a_stranger_finds_nothing_to_decide(client_of, cy, question, intent):
    assert client_of(cy).post(f"{detail(question)}/{intent}", {"message": "x", "body": "x"}).status_code == 404


def test_a_form_from_elsewhere_is_refused(ada, question):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada.pilot, backend="django.contrib.auth.backends.ModelBackend")

    assert client.post(f"{detail(question)}/approval").status_code == 403


def test_a_settled_row_says_by_whom_and_is_let_go(client_of, ada, question):
    row = client_of(ada).post(f"{detail(question)}/approval", headers=row_of(question)).text

    assert row.startswith("<li")
    assert 'data-state="settled"' in row
    assert "Approved" in row
    assert "by you" in row
    assert "data-let-go" in row


def test_the_loser_of_a_race_reads_who_won_in_the_row(client_of, ada, bo, question):
    actions.approve(question.pk, actor=bo)

    row = client_of(ada).post(f"{detail(question)}/rejection", headers=row_of(question))

    assert row.status_code == 409
    assert "Bo Lindqvist approved this" in row.text
    assert 'data-state="settled"' in row.text


def test_the_loser_of_a_race_keeps_the_words(client_of, ada, bo, question):
    actions.approve(question.pk, actor=bo)

    page = client_of(ada).post(f"{detail(question)}/rejection", {"reason": "Not so fast."})

    assert page.status_code == 409
    assert "Bo Lindqvist approved this" in page.text
    assert "Not so fast." in page.text


def test_a_missing_reason_is_said_beside_the_button_and_nothing_is_recorded(client_of, max, sys):
    question = ask(sys, kind="waiver")

    page = client_of(max).post(f"{detail(question)}/waiver", {"reason": " "}, headers=FROM_PAGE)

    assert page.status_code == 422
    assert "say why" in page.text
    question.refresh_from_db()
    assert question.status == "pending"


def test_a_power_taken_away_meanwhile_is_a_refusal(client_of, vi, question):
    assert client_of(vi).post(f"{detail(question)}/approval").status_code == 403


def test_without_script_one_returns_to_the_queue_as_it_was_narrowed(client_of, ada, question):
    answer = client_of(ada).post(f"{detail(question)}/approval", {"next": "/?kind=approval"})

    assert answer.url == "/?kind=approval"


def test_nobody_is_sent_elsewhere_by_a_form(client_of, ada, question):
    answer = client_of(ada).post(f"{detail(question)}/approval", {"next": "https://elsewhere.example/"})

    assert answer.url == detail(question)


def test_the_pane_brings_the_row_with_it(client_of, ada, question):
    pane = client_of(ada).post(f"{detail(question)}/approval", headers=FROM_PANE).text

    assert 'id="pane"' in pane
    assert 'hx-swap-oob="morph"' in pane
    assert f'id="card-{question.pk}"' in pane


def test_opening_a_question_is_noted_once_for_those_who_may_decide(client_of, ada, vi, question):
    client_of(vi).get(detail(question))
    question.refresh_from_db()
    assert question.first_seen_at is None

    client_of(ada).get(detail(question))
    client_of(ada).get(detail(question))

    assert Entry.objects.about("intervention", question.pk).filter(verb="intervention.seen").count() == 1


def test_a_timeout_is_told_as_nobodys_no(client_of, ada, question):
    soon = timezone.now() + timedelta(days=2)
    actions.expire(question.pk, organization_id=question.organization_id, now=soon)

    page = client_of(ada).get(detail(question)).text

    assert "Expired" in page
    assert "by timeout" in page
    assert "nobody said no" in page


def test_a_question_out_of_time_offers_nothing_though_the_timer_has_not_come(client_of, ada, question):
    Intervention.objects.filter(pk=question.pk).update(expires_at=timezone.now())

    page = client_of(ada).get(detail(question)).text

    assert "The time to decide has passed." in page
    assert f"{detail(question)}/approval" not in page


def test_a_description_is_markdown_that_can_do_no_harm(client_of, ada, sys):
    nasty = "**Bold** <script>alert(1)</script> [x](javascript:alert(1)) ![i](https://spy.example/i.png)\n\n# Head"
    question = ask(sys, description=nasty)

    page = client_of(ada).get(detail(question)).text

    assert "<strong>Bold</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
    assert "<img" not in page
    assert "<h3>Head</h3>" in page


# What is asked in fields

SHAPE = {
    "type": "object",
    "required": ["address"],
    "properties": {
        "address": {"type": "string", "enum": ["Storgata 14", "Storgata 41"]},
        "again": {"type": "boolean"},
        "pieces": {"type": "integer", "minimum": 1},
        "weight": {"type": "number"},
        "note": {"type": "string"},
    },
}


def test_a_plain_schema_is_asked_in_fields(client_of, ada, sys):
    question = ask(sys, kind="clarification", answer_schema=SHAPE)
    assert 'name="answer.address"' in client_of(ada).get(detail(question)).text

    client_of(ada).post(
        f"{detail(question)}/answer",
        {"answer.address": json.dumps("Storgata 41"), "answer.again": "false", "answer.pieces": "3"},
    )

    question.refresh_from_db()
    assert question.decision.answer == {"address": "Storgata 41", "again": False, "pieces": 3}


@pytest.mark.parametrize(
    "schema, said, answer",
    [
        (None, "In words.", "In words."),
        ({"type": "boolean"}, "false", False),
        ({"enum": ["a", 2]}, "2", 2),
        ({"type": "integer"}, "0", 0),
        ({"type": "string", "maxLength": 20}, "short", "short"),
        ({"type": "array", "items": {"type": "integer"}}, "[1, 2]", [1, 2]),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "7", 7),
    ],
)
def test_every_shape_can_be_answered(client_of, ada, sys, schema, said, answer):
    question = ask(sys, kind="clarification", answer_schema=schema)
    page = client_of(ada).get(detail(question)).text
    name = "answer." if 'name="answer."' in page else "answer"

    client_of(ada).post(f"{detail(question)}/answer", {name: said})

    question.refresh_from_db()
    assert question.decision.answer == answer


def test_an_answer_of_another_shape_is_refused_and_kept(client_of, ada, sys):
    question = ask(sys, kind="clarification", answer_schema={"type": "array"})

    page = client_of(ada).post(f"{detail(question)}/answer", {"answer": '{"not": "a list"}'})

    assert page.status_code == 422
    assert "is not of type" in page.text
    assert "{&quot;not&quot;: &quot;a list&quot;}" in page.text


def test_what_was_edited_is_what_is_approved(client_of, ada, sys):
    question = ask(sys, proposed={"amount": 1840})
    Intervention.objects.filter(pk=question.pk).update(edits_allowed=True)
    assert "Approve as edited" in client_of(ada).get(detail(question)).text

    client_of(ada).post(f"{detail(question)}/approval", {"edited": '{"amount": 500}'})

    question.refresh_from_db()
    assert question.decision.edited == {"amount": 500}


# What the queue is narrowed to


def titles(page: str, *wanted: str) -> list[str]:
    return [title for title in wanted if title in page]


@pytest.mark.parametrize(
    "said, found",
    [
        ({}, ["One", "Two"]),
        ({"priority": "high"}, ["Two"]),
        ({"kind": "clarification"}, ["Two"]),
        ({"search": "one"}, ["One"]),
        ({"assigned_to": "me"}, ["One"]),
        ({"assigned_to": "nobody"}, ["Two"]),
        ({"assigned_to": "local:ada"}, ["One"]),
        ({"assigned_to": "local:bo"}, []),
        ({"status": "awaiting_requester"}, []),
        ({"gate": "refunds"}, []),
        ({"platform": "elsewhere"}, []),
    ],
)
def test_the_address_says_what_the_queue_is_narrowed_to(client_of, ada, sys, said, found):
    one = ask(sys, "One")
    ask(sys, "Two", priority=Priority.HIGH, kind="clarification")
    actions.claim(one.pk, actor=ada)

    page = client_of(ada).get(f"/?{urlencode(said)}").text

    assert titles(page, "One", "Two") == found


@pytest.mark.parametrize("said", ["priority=urgent", "kind=poem", "cursor=nonsense", "search=a%00b"])
def test_a_filter_that_cannot_be_is_refused_by_name(client_of, ada, said):
    page = client_of(ada).get(f"/?{said}")

    assert page.status_code == 422


def test_an_empty_queue_says_what_to_expect(client_of, ada, sys):
    assert "Nothing was ever asked here" in client_of(ada).get("/").text
    actions.reject(ask(sys).pk, actor=ada)
    assert "Nothing is waiting" in client_of(ada).get("/").text
    ask(sys)
    assert "1 is waiting, and it does not match" in client_of(ada).get("/?search=zebra").text


def test_the_next_page_goes_on_where_this_one_ends(client_of, ada, sys):
    for number in range(51):
        ask(sys, f"Question {number:03}")
    client = client_of(ada)

    first = client.get("/")
    second = client.get(f"/?cursor={first.context['page'].next}")

    assert first.text.count('class="row"') == 50
    assert second.text.count('class="row"') == 1
    assert f"cursor={second.context['page'].previous}" in second.text


def test_the_counts_are_those_of_everything_whatever_is_shown(client_of, ada, bo, sys):
    mine, his, asked, late = (ask(sys, title) for title in ("Mine", "His", "Asked", "Late"))
    actions.claim(mine.pk, actor=ada)
    actions.claim(his.pk, actor=bo)
    actions.clarify(asked.pk, message="?", actor=bo)
    Intervention.objects.filter(pk=late.pk).update(due_at=timezone.now(), priority=Priority.CRITICAL)

    page = client_of(ada).get("/?search=mine")

    counts = page.context["counts"]
    assert (counts.open, counts.overdue, counts.unclaimed, counts.asked_back) == (4, 1, 1, 1)
    assert page.context["mine"] == 1
    assert counts.mood == "critical"


def test_a_role_made_by_an_admin_decides_only_what_asks_for_it(client_of, organization, sys):
    security = Group.objects.create(name="Security")
    security.permissions.set(
        Permission.objects.filter(codename__in=["view_intervention", "decide_intervention", "view_entry"])
    )
    sue = member(organization, "sue", "Security", name="Sue")
    _ours, theirs = ask(sys, "Ours", required_role="Security"), ask(sys, "Theirs")

    page = client_of(sue).get("/").text

    assert page.count(APPROVE) == 1
    assert page.index("Ours") < page.index(APPROVE) < page.index("Theirs")
    assert "Only the role Operator may decide this." in client_of(sue).get(detail(theirs)).text


def test_what_is_claimed_by_whom_it_was_given_to_counts_once(ada, bo, sys):
    both, given, taken_over = (ask(sys, title) for title in ("Both", "Given", "Taken over"))
    Intervention.objects.update(assigned_to=ada)
    actions.claim(both.pk, actor=ada)
    actions.claim(taken_over.pk, actor=bo)

    assert given.is_open
    assert counts_for(ada).hands == {ada.pk: 3, bo.pk: 1}


def test_the_kill_switch_is_offered_by_the_role_in_use_and_not_by_the_account(client_of, max, vi):
    vi.pilot.user_permissions.add(Permission.objects.get(codename="pull_kill_switch"))
    type(vi.pilot).objects.filter(pk=vi.pilot_id).update(is_superuser=True)

    assert 'href="/stops/new' in client_of(max).get("/").text
    assert 'href="/stops/new' not in client_of(vi).get("/").text
