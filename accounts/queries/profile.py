"""What one sees of oneself."""

from datetime import UTC, datetime

from accounts.models import ApiKey, Membership, TokenFamily
from accounts.roles import IN_WORDS, SCOPES
from audit.models import Entry

CONSEQUENCES = ("unit.active", "unit.failed", "unit.cancelled", "unit.awaiting_pilot")


def acts_of(actor: Membership, limit: int = 20) -> list[Entry]:
    """What the actor did last, if its role reads the ledger. What a decision did to its unit, the decision tells."""
    mine = Entry.objects.visible_to(actor).filter(actor_id=actor.pk).exclude(verb__in=CONSEQUENCES)
    return list(mine.order_by("-id")[:limit])


def powers_in_words(actor: Membership) -> list[tuple[str, bool]]:
    """Every power there is a word for, and whether the actor has it; then the ones its role was given besides."""
    known = [(str(words), actor.has_power(power)) for power, words in IN_WORDS.items()]
    return known + [(power, True) for power in sorted(actor.powers - set(IN_WORDS))]


def keys_of(actor: Membership) -> list[ApiKey] | None:
    """The actor's own usable keys, newest first; None for those who may not make any."""
    if not actor.has_power("accounts.manage_keys"):
        return None
    mine = ApiKey.objects.usable(datetime.now(UTC)).filter(membership=actor)
    return list(mine.select_related("platform", "replaced_by").order_by("-pk")[:100])


def sign_ins_of(actor: Membership) -> list[TokenFamily]:
    """The programs that are signed in as the actor with tokens, the latest first."""
    mine = TokenFamily.objects.alive(datetime.now(UTC)).filter(membership=actor)
    return list(mine.select_related("key").order_by("-pk")[:100])


def scopes_of(actor: Membership) -> list[str]:
    """What a key of the actor's may be for: nothing that the role has no power for."""
    return [scope for scope, powers in SCOPES.items() if powers <= actor.powers]
