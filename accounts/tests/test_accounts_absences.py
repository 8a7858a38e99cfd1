"""Out of office: who may say so, who stands in, and where what was meant for them goes."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone

from accounts import actions
from accounts.models import Absence, Membership
from accounts.queries import absence_of, end_of_chain, stand_in_for, stand_ins_in
from audit.models import Entry
from conftest import member
from kit.errors import BadInput, NotAllowed, NotThere, Refusal

TOMORROW = timedelta(days=1)


def away(membership: Membership, delegate: Membership | None = None, **about: object) -> Absence:
    to = delegate.pilot.public_id if delegate else ""
    return actions.set_absence(membership, actor=membership, delegate=to, **about)


def passed(membership: Membership) -> None:
    """The absence is over by itself."""
    hour_ago = timezone.now() - timedelta(hours=1)
    Absence.objects.filter(membership=membership).update(until=hour_ago)


def line() -> Entry:
    return Entry.objects.latest("pk")


def test_one_says_when_one_is_back_and_who_stands_in(ada: Membership, bo: Membership):
    until = timezone.now() + TOMORROW
    away(ada, bo, until=until)

    assert stand_in_for(ada) == bo
    assert Membership.objects.get(pk=ada.pk).away is not None
    assert (line().verb, line().subject_id) == ("absence.begun", str(ada.pk))
    assert line().data == {"member": "Ada Nyström", "delegate": "Bo Lindqvist", "until": until.isoformat()}


def test_who_is_away_with_nobody_standing_in_keeps_what_is_theirs(ada: Membership):
    away(ada)

    assert stand_in_for(ada) == ada


def test_an_absence_ends_by_itself(ada: Membership, bo: Membership):
    away(ada, bo, until=timezone.now() + TOMORROW)
    passed(ada)

    assert stand_in_for(ada) == ada
    assert absence_of(ada) is None
    assert Membership.objects.get(pk=ada.pk).away is None


def test_one_ends_it_oneself_and_ending_it_again_changes_nothing(ada: Membership, bo: Membership):
    away(ada, bo)
    actions.end_absence(ada, actor=ada)
    before = Entry.objects.count()

    actions.end_absence(ada, actor=ada)

    assert stand_in_for(ada) == ada
    assert line().verb == "absence.ended"
    assert Entry.objects.count() == before


def test_changing_it_keeps_since_when_and_a_new_one_begins_anew(ada: Membership, bo: Membership, max: Membership):
    since = away(ada, bo).since
    assert away(ada, max).since == since

    passed(ada)
    assert away(ada).since > since
    assert Absence.objects.count() == 1


def test_an_admin_says_it_for_others_and_a_colleague_does_not(
    ada: Membership, bo: Membership, max: Membership, cy: Membership
):
    actions.set_absence(ada, actor=max, delegate="local:bo")
    assert stand_in_for(ada) == bo
    with pytest.raises(NotAllowed, match="Only an Admin"):
        actions.set_absence(ada, actor=bo)
    with pytest.raises(NotAllowed):
        actions.end_absence(ada, actor=bo)
    with pytest.raises(NotThere):
        actions.set_absence(ada, actor=cy)


@pytest.mark.parametrize("whom", ["local:cy", "system:chameleon", "local:nobody", "\x00"])
def test_only_a_member_of_the_organization_stands_in(ada: Membership, cy: Membership, whom: str):
    with pytest.raises(NotThere):
        actions.set_absence(ada, actor=ada, delegate=whom)


def test_nobody_stands_in_for_oneself(ada: Membership):
    with pytest.raises(BadInput, match="nobody stands in for oneself"):
        away(ada, ada)


@pytest.mark.parametrize("span", [timedelta(0), -TOMORROW, timedelta(days=800)])
def test_an_absence_ends_in_the_future_and_within_two_years(ada: Membership, span: timedelta):
    with pytest.raises(BadInput, match="until"):
        away(ada, until=timezone.now() + span)


def test_the_chain_is_followed_to_its_end(ada: Membership, bo: Membership, max: Membership):
    away(bo, max)
    away(ada, bo)

    assert stand_in_for(ada) == max
    assert stand_ins_in(ada.organization_id) == {ada.pk: max.pk, bo.pk: max.pk}


def test_a_circle_is_refused(ada: Membership, bo: Membership, max: Membership):
    away(ada, bo)
    away(bo, max)

    with pytest.raises(Refusal, match="Ada Nyström is away as well"):
        away(max, ada)
    assert stand_in_for(ada) == max


def test_a_circle_that_was_made_otherwise_leads_nowhere():
    assert end_of_chain(1, {1: 2, 2: 3, 3: 1}) == 1
    assert end_of_chain(1, {1: 2, 2: 3, 3: 2}) == 1


def test_too_long_a_chain_is_refused(organization, ada: Membership):
    members = [ada, *(member(organization, f"pilot{n}", "Operator") for n in range(7))]
    for one, stand_in in pairwise(members[2:]):
        away(one, stand_in)

    away(members[1], members[-1])
    with pytest.raises(Refusal, match="Too many stand in"):
        away(ada, members[2])


def test_a_delegate_who_has_left_is_passed_over(ada: Membership, bo: Membership, max: Membership):
    away(ada, bo)
    actions.end_membership(bo, actor=max)

    assert stand_in_for(ada) == ada


# ---------- Pages ----------


def test_one_goes_away_and_comes_back_on_ones_own_page(client_of, ada: Membership, bo: Membership):
    client = client_of(ada)
    day = timezone.localdate() + timedelta(days=3)

    client.post("/profile/absence", {"delegate": "local:bo", "back_on": day.isoformat()})
    page = client.get("/profile").content.decode()
    assert "Bo Lindqvist stands in." in page
    assert absence_of(ada).until.date() == day

    client.post("/profile/return")
    assert absence_of(ada) is None


def test_a_refusal_is_said_on_the_page(client_of, ada: Membership):
    answer = client_of(ada).post("/profile/absence", {"delegate": "local:ada"})

    assert answer.status_code == 422
    assert "nobody stands in for oneself" in answer.content.decode()
    assert client_of(ada).post("/profile/absence", {"back_on": "soon"}).status_code == 422
    assert client_of(ada).post("/profile/absence", {"back_on": "2001-01-01"}).status_code == 422


def test_an_admin_has_the_same_page_for_a_member_and_nobody_else(
    client_of, ada: Membership, bo: Membership, max: Membership, cy: Membership
):
    there = f"/members/{bo.pk}/absence"

    assert client_of(max).get(there).status_code == 200
    client_of(max).post(there, {"delegate": "local:ada"})
    assert stand_in_for(bo) == ada
    client_of(max).post(f"/members/{bo.pk}/return")
    assert stand_in_for(bo) == bo
    for stranger in (ada, cy):
        assert client_of(stranger).get(there).status_code == 404
        assert client_of(stranger).post(there, {}).status_code == 404
    assert client_of(max).get(f"/members/{cy.pk}/absence").status_code == 404
