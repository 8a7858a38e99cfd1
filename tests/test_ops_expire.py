"""The expiry by hand does what the timer would have done."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from accounts.models import Membership
from interventions import actions
from interventions.actions import Question
from interventions.models import Intervention


def test_a_question_whose_time_has_passed_is_ended_and_others_are_left(sys: Membership) -> None:
    late = actions.raise_intervention(Question(kind="approval", title="Too late"), actor=sys)
    early = actions.raise_intervention(Question(kind="approval", title="In time"), actor=sys)
    Intervention.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    out = StringIO()

    call_command("expire", stdout=out)

    assert "Questions ended or escalated: 1." in out.getvalue()
    assert Intervention.objects.get(pk=late.pk).resolution_source == "timeout_default"
    assert Intervention.objects.get(pk=early.pk).status == "pending"
