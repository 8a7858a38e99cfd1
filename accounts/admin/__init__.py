"""Organizations, pilots, members, platforms and keys, each organization for itself; and its ledger.

The ledger's admin is here because the app it belongs to is below, where no organization is known.
"""

from accounts.admin import identities, keys, ledger, pilots, provisioning, roles
from accounts.admin.organization import OrganizationAdmin, actor_of, each

__all__ = [
    "OrganizationAdmin",
    "actor_of",
    "each",
    "identities",
    "keys",
    "ledger",
    "pilots",
    "provisioning",
    "roles",
]
