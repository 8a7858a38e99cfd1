"""Who is who: organizations, pilots, memberships, invitations, platforms and their keys."""

from accounts.models.identities import Grant, Identity, ProviderToken
from accounts.models.invitations import Invitation
from accounts.models.keys import ApiKey, digest_of
from accounts.models.memberships import Absence, Membership, MembershipQuerySet, Origin, PlatformRole
from accounts.models.organizations import DEMO, LONGEST, SHORTEST, Organization, Platform
from accounts.models.pilots import ERASED, Notice, Pilot, Preferences
from accounts.models.provisioning import ProvisionedGroup, ProvisionedUser, ToldGroup, ToldUser
from accounts.models.rates import Spent
from accounts.models.roles import Role
from accounts.models.rules import READ_AGAIN, DirectoryFacts, DirectoryRule, LooksAt, Provider
from accounts.models.tokens import RefreshToken, SigningKey, TokenFamily

__all__ = [
    "DEMO",
    "ERASED",
    "LONGEST",
    "READ_AGAIN",
    "SHORTEST",
    "Absence",
    "ApiKey",
    "DirectoryFacts",
    "DirectoryRule",
    "Grant",
    "Identity",
    "Invitation",
    "LooksAt",
    "Membership",
    "MembershipQuerySet",
    "Notice",
    "Organization",
    "Origin",
    "Pilot",
    "Platform",
    "PlatformRole",
    "Preferences",
    "Provider",
    "ProviderToken",
    "ProvisionedGroup",
    "ProvisionedUser",
    "RefreshToken",
    "Role",
    "SigningKey",
    "Spent",
    "TokenFamily",
    "ToldGroup",
    "ToldUser",
    "digest_of",
]
