"""Listening to a unit: who may, and what they are told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership
from live import topics
from work import actions
from work.models import Unit

TOPIC = "work.unit"


@pytest.fixture
def unit(sys: Membership) -> Unit:
    return Unit.objects.create(
        organization_id=sys.organization_id,
        platform=sys.organization.platforms.earliest("pk"),
        external_id="u-1",
        gate="deploy",
        title="A unit",
        content_hash="0" * 64,
        request_hash="0" * 64,
        submitted_by=sys,
        status="active",
    )


@pytest.mark.parametrize("person, may", [("ada", True), ("vi", True), ("cy", False)])
def test_who_may_listen_is_who_sees_the_unit(request, unit, person, may):
    topic = topics.find(TOPIC)

    assert topic is not None
    assert topic.may_listen(request.getfixturevalue(person), str(unit.pk)) is may


@pytest.mark.parametrize("key", ["", "*", "0", "' OR 1=1"])
def test_nobody_listens_to_what_is_no_unit(ada, key):
    topic = topics.find(TOPIC)

    assert topic is not None
    assert not topic.may_listen(ada, key)
    assert topic.render(ada.organization_id, [key], topic.audience(ada)) == {}


def test_a_change_is_told_by_its_status_and_to_strangers_not_at_all(ada, cy, sys, unit):
    actions.complete(unit.pk, actor=sys)
    topic, key = topics.find(TOPIC), str(unit.pk)

    assert topic is not None
    assert topic.render(ada.organization_id, [key], topic.audience(ada)) == {key: {"status": "completed"}}
    assert topic.render(cy.organization_id, [key], topic.audience(cy)) == {key: None}


def test_who_comes_back_is_told_what_was_missed(ada, sys, unit):
    topic, before = topics.find(TOPIC), timezone.now()
    assert topic is not None
    assert topic.missed(ada, str(unit.pk), before + timedelta(seconds=60)) == []

    actions.complete(unit.pk, actor=sys)

    assert topic.missed(ada, str(unit.pk), before) == [str(unit.pk)]
