"""The keys and access tokens in use, remembered: a hot path cannot ask the database who is calling each time.

What is revoked is forgotten the moment the wire says so, and after a second if the wire says nothing.
"""

from accounts.actions import note_key_used
from accounts.models import Membership, digest_of
from accounts.queries import membership_of_bearer
from kit.database import OrmThreads
from live.fresh import Fresh
from live.hub import on_hint


async def membership_for(token: str, threads: OrmThreads) -> Membership | None:
    """The membership a key or token acts as; None when it is no good. Only good ones are remembered.

    From where it may be used is another question: ask `refuse_elsewhere` at each call.
    """
    return await _known.get(token, threads)


def is_remembered(token: str) -> bool:
    """Whether it was good a moment ago. Asks nobody."""
    return token in _known


def _look_up(token: str) -> Membership | None:
    membership = membership_of_bearer(token)
    if membership is not None:
        if membership.family_id is None:
            note_key_used(digest_of(token))
        _ = membership.powers, membership.name, membership.role_name  # read now: the loop must not query
    return membership


_known: Fresh[str, Membership] = Fresh(_look_up)

# Rare, and it costs each caller one query: simpler than finding whose it was.
for _topic in ("accounts.key", "accounts.membership", "accounts.session"):
    on_hint(_topic, lambda _key, _organization_id: _known.forget())
