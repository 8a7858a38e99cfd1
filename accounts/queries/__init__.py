"""Page-shaped reads of who is who."""

from accounts.queries.absences import MOST_STAND_INS, absence_of, end_of_chain, stand_in_for, stand_ins_in
from accounts.queries.actors import (
    ACTIVE_ORGANIZATION,
    membership_among,
    membership_in,
    membership_of,
    membership_of_key,
    membership_of_session,
    memberships_of,
    system_of,
)
from accounts.queries.members import member_named, member_to_manage, members_beside, members_of, pilot_named
from accounts.queries.organizations import default_platform_of, organization_named, organization_page
from accounts.queries.profile import acts_of, keys_of, powers_in_words, scopes_of
from accounts.queries.sessions import other_sessions_of, sessions_of

__all__ = [
    "ACTIVE_ORGANIZATION",
    "MOST_STAND_INS",
    "absence_of",
    "acts_of",
    "default_platform_of",
    "end_of_chain",
    "keys_of",
    "member_named",
    "member_to_manage",
    "members_beside",
    "members_of",
    "membership_among",
    "membership_in",
    "membership_of",
    "membership_of_key",
    "membership_of_session",
    "memberships_of",
    "organization_named",
    "organization_page",
    "other_sessions_of",
    "pilot_named",
    "powers_in_words",
    "scopes_of",
    "sessions_of",
    "stand_in_for",
    "stand_ins_in",
    "system_of",
]
