"""Who may erase a person, and that nobody erased comes back. What is left of them: tests/test_erasing.py."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import actions
from accounts.models import Pilot
from accounts.proof import Proof, StaleProof
from accounts.queries import system_of
from audit.models import Erasure
from kit.errors import BadInput, NotAllowed, NotThere, Refusal


def test_who_is_erased_does_not_come_back(ada, root):
    actions.erase_pilot(ada.pilot, by=root, reason="They asked for it.")
    ada.pilot.refresh_from_db()

    with pytest.raises(Refusal, match="does not come back"):
        actions.reactivate_pilot(ada.pilot, by=root)
    with pytest.raises(Refusal, match="erased already"):
        actions.erase_pilot(ada.pilot, by=root, reason="Again.")
    with pytest.raises(IntegrityError, match="who_is_erased_stays_away"), transaction.atomic():
        Pilot.objects.filter(pk=ada.pilot_id).update(is_active=True)


def test_an_admin_does_not_erase_who_is_or_was_a_member_elsewhere(ada, max, elsewhere):
    there = actions.grant_role(ada.pilot, "Viewer", actor=system_of(elsewhere.pk))
    for ended in (None, timezone.now()):
        there.ended_at = ended
        there.save()
        with pytest.raises(NotAllowed, match="more than this organization"):
            actions.erase_member(ada, actor=max, reason="Go.")


def test_who_may_not_erase_is_refused(ada, max, cy, bo, sys, root):
    for actor, problem in ((bo, NotAllowed), (cy, NotThere)):
        with pytest.raises(problem):
            actions.erase_member(ada, actor=actor, reason="Go.")
    with pytest.raises(NotAllowed):
        actions.erase_pilot(ada.pilot, by=max.pilot, reason="Go.")
    with pytest.raises(Refusal, match="yourself"):
        actions.erase_member(max, actor=max, reason="Go.")
    with pytest.raises(Refusal, match="yourself"):
        actions.erase_pilot(root, by=root, reason="Go.")
    with pytest.raises(Refusal, match="machine"):
        actions.erase_member(sys, actor=max, reason="Go.")
    with pytest.raises(Refusal, match="Chameleon's own"):
        actions.erase_pilot(system_of(max.organization_id).pilot, by=root, reason="Go.")
    with pytest.raises(BadInput, match="say why"):
        actions.erase_member(ada, actor=max, reason=" ")
    assert not Erasure.objects.exists()


def test_it_is_asked_who_one_is_first(ada, max):
    max.proof = Proof(method="password", at=1)

    with pytest.raises(StaleProof):
        actions.erase_member(ada, actor=max, reason="Go.")
