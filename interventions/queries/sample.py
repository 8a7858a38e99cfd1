"""What an organization in which nothing was ever asked shows, and may ask itself to begin with."""

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.models import Membership
from interventions.actions.questions import Question
from interventions.models import Intervention
from work.models import Priority


def is_untouched(actor: Membership) -> bool:
    """Whether nothing was ever asked here, as far as the actor may see."""
    return not Intervention.objects.visible_to(actor).exists()


def first_call() -> str:
    """How a program asks its first question. The key is the caller's to fill in: no page ever shows one again."""
    return "\n".join(
        [
            f"curl -X POST {settings.BASE_URL}/api/interventions \\",
            '  -H "Authorization: Bearer $CHAMELEON_KEY" -H "Content-Type: application/json" \\',
            '  -d \'{"kind": "approval", "title": "May it run?", "context": {"service": "checkout"}}\'',
        ]
    )


def sample_question() -> Question:
    """A deployment that nobody waits for: whatever is decided, nothing runs."""
    return Question(
        kind="approval",
        title=_("Sample: deploy checkout 4.18.2 to 30 % of production"),
        description=_(
            "This is a sample. Nothing runs, whatever you decide.\n\n"
            "- Retry a card payment once when the bank does not answer\n"
            "- Show delivery times in the customer's own zone"
        ),
        context={"service": "checkout", "tests": {"passed": 1284, "failed": 0}, "last_deploy": "4.18.1"},
        proposed={"service": "checkout", "version": "4.18.2", "canary_percent": 30},
        priority=int(Priority.HIGH),
        requested_by=_("Chameleon, as a sample"),
        tags=["sample"],
    )
