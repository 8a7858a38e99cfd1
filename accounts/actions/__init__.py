"""What is done to organizations, pilots, memberships and keys."""

from accounts.actions.absences import end_absence, set_absence
from accounts.actions.keys import create_key, note_key_used, revoke_key
from accounts.actions.members import create_pilot, end_membership, grant_role, set_password
from accounts.actions.organizations import SYSTEM_PILOT, change_organization, create_organization, create_platform
from accounts.actions.preferences import set_preferences
from accounts.actions.sessions import end_sessions, note_session_seen, tell_sessions_of

__all__ = [
    "SYSTEM_PILOT",
    "change_organization",
    "create_key",
    "create_organization",
    "create_pilot",
    "create_platform",
    "end_absence",
    "end_membership",
    "end_sessions",
    "grant_role",
    "note_key_used",
    "note_session_seen",
    "revoke_key",
    "set_absence",
    "set_password",
    "set_preferences",
    "tell_sessions_of",
]
