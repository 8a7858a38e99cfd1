"""The rules that make roles of what is said of a person. Pure: no clock, no database, no network."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from accounts.directory.facts import Facts

ANY = "any"

# How each kind of fact is spelled, by the provider that tells it: for whoever writes rules.
SPELLINGS = (
    ("organization", "github", "fjordbank"),
    ("team", "github", "fjordbank/platform"),
    ("app_role", "entra", "Approver"),
    ("group", "entra", "c5038c6f-c5ac-44d5-93f5-04ec697d62dc"),
    ("group", "google", "platform@fjordbank.example"),
    ("group", "oidc", "operators"),
    ("group", "scim", "Pilots"),
    ("domain", ANY, "fjordbank.example"),
    ("claim", "oidc", "realm_access.roles = admin"),
    ("scope", "oidc", "chameleon:decide"),
    ("person", ANY, "github:octocat"),
    ("person", ANY, "ada@fjordbank.example"),
)


class Rule(NamedTuple):
    """Whoever the directory says this of gets that role: everywhere, or on one platform."""

    number: int
    provider: str
    looks_at: str
    value: str
    role: str
    platform: str = ""

    def __str__(self) -> str:
        return f"{self.number}. {self.provider} {self.looks_at} {self.value}"


class Given(NamedTuple):
    """A role, by which rule, and for which fact."""

    role: str
    rule: Rule
    fact: str


@dataclass(frozen=True)
class Outcome:
    """What somebody gets: a role everywhere, and others on platforms. `names` tells whether a rule names the person."""

    everywhere: Given | None = None
    on: Mapping[str, Given] = field(default_factory=dict)
    names: bool = False

    def __bool__(self) -> bool:
        return self.everywhere is not None or bool(self.on)


def roles_for(rules: Iterable[Rule], *told: Facts) -> Outcome:
    """The first rule that fits, in their order, decides: once for everywhere, and once for each platform.

    Not the highest role, for roles that an organization makes have no height: who writes the list says what goes first.
    What several directories say of one person counts together.
    """
    first: dict[str, Given] = {}
    names = False
    for rule in rules:
        fact = next((fact for facts in told if (fact := fact_for(rule, facts)) is not None), None)
        if fact is not None:
            first.setdefault(rule.platform, Given(rule.role, rule, fact))
            names = names or rule.looks_at == "person"
    return Outcome(first.pop("", None), first, names)


def fact_for(rule: Rule, facts: Facts) -> str | None:
    """What of the facts the rule fits, in words; None where it does not."""
    if rule.provider not in (ANY, facts.provider):
        return None
    if rule.looks_at == "claim":
        path, _equals, value = rule.value.partition("=")
        return rule.value if _claims(facts.claims, path.strip(), value.strip()) else None
    wanted = rule.value.strip().casefold()
    known = _known(facts, rule.looks_at)
    return next((f"{rule.looks_at} {one}" for one in known if one and one.casefold() == wanted), None)


def _known(facts: Facts, looks_at: str) -> Sequence[str]:
    match looks_at:
        case "organization":
            return facts.organizations
        case "team":
            return facts.teams
        case "app_role":
            return facts.app_roles
        case "group":
            return facts.groups
        case "domain":
            return (facts.domain,)
        case "scope":
            return facts.scopes
        case "person":
            return (facts.public_id, facts.mail)
    return ()


def _claims(claims: Mapping[str, Any], path: str, value: str) -> bool:
    """Whether the claim at this path is the value, or a list that holds it. A name with dots in it goes first."""
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
    held = found if isinstance(found, list | tuple) else [found]
    return value in {_as_text(one) for one in held}


def _as_text(one: Any) -> str | None:
    """As people write it into a rule: true, 42, admin."""
    if isinstance(one, bool):
        return str(one).lower()
    return str(one) if isinstance(one, str | int | float) else None
