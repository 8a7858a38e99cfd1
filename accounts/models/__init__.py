"""Who is who: organizations, pilots, memberships, platforms and their keys."""

from accounts.models.keys import ApiKey, digest_of
from accounts.models.memberships import Absence, Membership, MembershipQuerySet
from accounts.models.organizations import DEMO, Organization, Platform
from accounts.models.pilots import Notice, Pilot, Preferences

__all__ = [
    "DEMO",
    "Absence",
    "ApiKey",
    "Membership",
    "MembershipQuerySet",
    "Notice",
    "Organization",
    "Pilot",
    "Platform",
    "Preferences",
    "digest_of",
]
