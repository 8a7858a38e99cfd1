"""A unit in any state, and an ear for what moving it announces."""

from collections.abc import Callable
from itertools import count

import pytest
from django.utils import timezone

from accounts.models import Membership
from accounts.queries import default_platform_of
from work import actions
from work.models import TERMINAL, Unit


@pytest.fixture
def unit_in(sys: Membership) -> Callable[..., Unit]:
    """`unit_in("stalled", max_interactions=2)`: written as it is, not moved there."""
    numbers = count(1)

    def make(status: str = "active", **about: object) -> Unit:
        platform = default_platform_of(sys.organization_id)
        settled_at = timezone.now() if status in TERMINAL else None
        return Unit.objects.create(
            organization_id=sys.organization_id,
            platform=platform,
            external_id=f"unit-{next(numbers)}",
            gate="loans",
            title="Loan 7",
            content_hash="0" * 64,
            request_hash="0" * 64,
            submitted_by=sys,
            **{"status": status, "settled_at": settled_at} | about,
        )

    return make


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str, int | None]]:
    """The hints that moves of units leave."""
    hints: list[tuple[str, str, int | None]] = []
    monkeypatch.setattr(
        actions, "announce", lambda topic, key, *, organization_id: hints.append((topic, key, organization_id))
    )
    return hints
