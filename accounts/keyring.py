"""The keys in use, remembered: a hot path cannot ask the database who is calling each time.

A revoked key is forgotten the moment the wire says so, and after a second if the wire says nothing.
"""

from accounts.actions import note_key_used
from accounts.models import Membership, digest_of
from accounts.queries import membership_of_key
from kit.database import OrmThreads
from live.fresh import Fresh
from live.hub import on_hint


async def membership_for(token: str, threads: OrmThreads) -> Membership | None:
    """The membership a key acts as; None when the key is no good. Only good keys are remembered."""
    return await _known.get(token, threads)


def _look_up(token: str) -> Membership | None:
    membership = membership_of_key(token)
    if membership is not None:
        note_key_used(digest_of(token))
        _ = membership.powers, membership.name, membership.role_name  # read now: the loop must not query
    return membership


_known: Fresh[str, Membership] = Fresh(_look_up)

# Rare, and it costs each caller one query: simpler than finding whose it was.
for _topic in ("accounts.key", "accounts.membership"):
    on_hint(_topic, lambda _key, _organization_id: _known.forget())
