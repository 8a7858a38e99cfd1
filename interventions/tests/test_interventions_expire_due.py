"""The timer ends what is due, and what fails holds up nothing behind it."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Membership
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention
from interventions.tasks import expire_due


def test_a_question_that_cannot_be_ended_holds_up_no_other(
    sys: Membership, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = (
        actions.raise_intervention(Question(kind="approval", title=title), actor=sys) for title in ("First", "Second")
    )
    now = timezone.now()
    Intervention.objects.filter(pk=first.pk).update(expires_at=now - timedelta(seconds=2))
    Intervention.objects.filter(pk=second.pk).update(expires_at=now - timedelta(seconds=1))
    expire = actions.expire

    def fail_on_first(intervention_id: Any, **rest: Any) -> Any:
        if intervention_id == first.pk:
            raise RuntimeError("broken row")
        return expire(intervention_id, **rest)

    monkeypatch.setattr(actions, "expire", fail_on_first)

    assert expire_due(0) == 1
    assert Intervention.objects.get(pk=second.pk).status == "expired"
    assert str(first.pk) in caplog.text
