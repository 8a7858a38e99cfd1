"""Pulling the kill switch and re-arming it, for the tests of what that does."""

from typing import Any

from accounts.models import Membership
from interventions import actions
from interventions.models import Stop

WHY = "Agent repeated a refused command."


def stop(actor: Membership, scope: str = "gate", target: str = "deploys", **about: Any) -> Stop:
    return actions.stop_work(**{"scope": scope, "target": target, "reason": WHY, "actor": actor} | about)


def go_on(stopped: Stop, actor: Membership, **about: Any) -> Stop:
    return actions.let_work_go_on(stopped.pk, **{"reason": "Fixed.", "actor": actor} | about)
