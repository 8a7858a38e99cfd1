"""What is done to organizations, pilots, memberships and keys."""

from accounts.actions.absences import end_absence, set_absence
from accounts.actions.arrivals import Facts, arrive, connect_identity, disconnect_identity
from accounts.actions.directory import apply_directory, follow_directory, go_by, note_facts, set_rules
from accounts.actions.erasing import erase_member, erase_pilot
from accounts.actions.exporting import export_person
from accounts.actions.factors import note_factor_added, note_factor_removed, refuse_if_last_way_in, reset_factors
from accounts.actions.grants import CAME_BY, drop_token, is_spent, note_failed, note_renewed, refuse_renewal
from accounts.actions.guessing import note_guessing
from accounts.actions.invitations import DAYS, invite, join, join_anew, renew_invitation, withdraw_invitation
from accounts.actions.keys import create_key, note_key_used, note_refused_address, revoke_key, rotate_key
from accounts.actions.members import (
    create_pilot,
    end_membership,
    grant_on_platform,
    grant_role,
    leave,
    revoke_on_platform,
    set_password,
    set_roles,
)
from accounts.actions.organizations import (
    SYSTEM_PILOT,
    change_organization,
    check_retention,
    create_organization,
    create_platform,
    set_retention,
)
from accounts.actions.pilots import deactivate_pilot, reactivate_pilot, reset_password
from accounts.actions.powers import refuse_unless_fresh
from accounts.actions.preferences import set_preferences
from accounts.actions.provisioned_groups import MOST_MEMBERS, change_group, provision_group, remove_group
from accounts.actions.provisioning import (
    Outdated,
    Taken,
    change_user,
    make_provisioning_key,
    provision_user,
    remove_user,
)
from accounts.actions.roles import change_role, make_role, remove_role
from accounts.actions.sessions import (
    end_sessions,
    end_timed_out,
    keep_session,
    note_member_seen,
    rotate_session,
    tell_sessions_of,
)
from accounts.actions.signing import key_to_sign_with, rotate_signing_key
from accounts.actions.tokens import Issued, issue_tokens, refresh_tokens, revoke_tokens, sweep_tokens
from accounts.actions.visits import end_visit, enter, expire_visits

__all__ = [
    "CAME_BY",
    "DAYS",
    "MOST_MEMBERS",
    "SYSTEM_PILOT",
    "Facts",
    "Issued",
    "Outdated",
    "Taken",
    "apply_directory",
    "arrive",
    "change_group",
    "change_organization",
    "change_role",
    "change_user",
    "check_retention",
    "connect_identity",
    "create_key",
    "create_organization",
    "create_pilot",
    "create_platform",
    "deactivate_pilot",
    "disconnect_identity",
    "drop_token",
    "end_absence",
    "end_membership",
    "end_sessions",
    "end_timed_out",
    "end_visit",
    "enter",
    "erase_member",
    "erase_pilot",
    "expire_visits",
    "export_person",
    "follow_directory",
    "go_by",
    "grant_on_platform",
    "grant_role",
    "invite",
    "is_spent",
    "issue_tokens",
    "join",
    "join_anew",
    "keep_session",
    "key_to_sign_with",
    "leave",
    "make_provisioning_key",
    "make_role",
    "note_factor_added",
    "note_factor_removed",
    "note_facts",
    "note_failed",
    "note_guessing",
    "note_key_used",
    "note_member_seen",
    "note_refused_address",
    "note_renewed",
    "provision_group",
    "provision_user",
    "reactivate_pilot",
    "refresh_tokens",
    "refuse_if_last_way_in",
    "refuse_renewal",
    "refuse_unless_fresh",
    "remove_group",
    "remove_role",
    "remove_user",
    "renew_invitation",
    "reset_factors",
    "reset_password",
    "revoke_key",
    "revoke_on_platform",
    "revoke_tokens",
    "rotate_key",
    "rotate_session",
    "rotate_signing_key",
    "set_absence",
    "set_password",
    "set_preferences",
    "set_retention",
    "set_roles",
    "set_rules",
    "sweep_tokens",
    "tell_sessions_of",
    "withdraw_invitation",
]
