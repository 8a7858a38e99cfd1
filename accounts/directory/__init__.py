"""What a directory says of a person, and the rules that make roles of it."""

from accounts.directory.facts import (
    Facts,
    facts_again,
    facts_as_told,
    facts_of_entra,
    facts_of_github,
    facts_of_google,
    facts_of_oidc,
    facts_of_scim,
    is_proof,
)
from accounts.directory.rules import (
    ANY,
    SPELLINGS,
    Given,
    Outcome,
    Rule,
    fact_for,
    roles_for,
)

__all__ = [
    "ANY",
    "SPELLINGS",
    "Facts",
    "Given",
    "Outcome",
    "Rule",
    "fact_for",
    "facts_again",
    "facts_as_told",
    "facts_of_entra",
    "facts_of_github",
    "facts_of_google",
    "facts_of_oidc",
    "facts_of_scim",
    "is_proof",
    "roles_for",
]
