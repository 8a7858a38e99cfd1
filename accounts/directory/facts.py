"""What a provider, or a directory by SCIM, says of a person. Pure: no clock, no database, no network."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from kit.canonical import check_json
from kit.errors import BadInput, Refusal

MOST_CLAIMS = 16 * 1024  # bytes of JSON
MOST_LISTED = 2_000
LONGEST = 300
# What a token says of itself and not of whom it is about.
OF_THE_TOKEN = frozenset(
    {"aio", "at_hash", "aud", "auth_time", "azp", "c_hash", "exp", "iat", "iss", "jti", "nbf", "nonce", "rh", "s_hash"}
    | {"session_state", "sid", "uti", "ver"}
)
# Lists that are facts of their own, or cut to length; where else to ask.
NOT_KEPT = frozenset({"groups", "roles", "memberOf", "_claim_names", "_claim_sources"})


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What one provider says of one person at one sign-in, or an organization's directory by SCIM.

    `mail` counts only once the provider has verified it. `unread` are the kinds of facts it would not or could not
    tell; `once` are claims that stood in the ID token alone. Bounded: what is longer or more than can be kept is left
    out by the functions that make it.
    """

    provider: str
    uid: str
    public_id: str = ""
    mail: str = ""
    domain: str = ""
    organizations: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    app_roles: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    claims: dict[str, Any] = {}
    unread: tuple[str, ...] = ()
    once: tuple[str, ...] = ()


def facts_of_github(
    profile: Mapping[str, Any], orgs: Iterable[Mapping[str, Any]], teams: Iterable[Mapping[str, Any]], *, mail: str = ""
) -> Facts:
    """From `/user`, `/user/orgs` and `/user/teams`; `mail` is the primary one of `/user/emails`, if it is verified."""
    in_teams = (f"{team['organization']['login']}/{team['slug']}" for team in teams)
    return Facts(
        provider="github",
        uid=str(profile["id"]),
        public_id=f"github:{profile['login']}",
        mail=mail,
        domain=_domain_of(mail),
        organizations=_bounded(org["login"] for org in orgs),
        teams=_bounded(in_teams),
    )


def facts_of_entra(claims: Mapping[str, Any], groups: Iterable[Any] | None = None) -> Facts:
    """From the claims of the ID token, and from Graph's `memberOf` the groups where the token could not hold them all.

    Raises Refusal when the token says so and Graph was not asked: half of somebody's groups would take roles away.
    """
    if groups is None and "groups" in (claims.get("_claim_names") or {}):
        raise Refusal(_("Microsoft Entra did not send all groups of this account; they have to be asked of Graph."))
    told = list(groups) if groups is not None else claims.get("groups") or []
    name = str(claims.get("preferred_username") or claims.get("upn") or claims.get("email") or claims["oid"])
    mail = str(claims.get("email") or "") if claims.get("xms_edov") in (True, 1, "1", "true") else ""
    return Facts(
        provider="entra",
        uid=str(claims["oid"]),
        public_id=f"entra:{name}",
        mail=mail,
        domain=_domain_of(mail),
        app_roles=_bounded(claims.get("roles") or []),
        groups=_bounded(one["id"] if isinstance(one, Mapping) else one for one in told),
        scopes=_bounded(str(claims.get("scp") or "").split()),
        claims=_kept(claims),
    )


def facts_of_google(claims: Mapping[str, Any], groups: Iterable[Any] = ()) -> Facts:
    """From the claims of the ID token, and the groups that Cloud Identity lists: mail addresses, or its objects.

    The domain is the account's own (`hd`), which only a Workspace has: anybody can have a mail address elsewhere.
    """
    mail = str(claims.get("email") or "") if claims.get("email_verified") in (True, "true") else ""
    return Facts(
        provider="google",
        uid=str(claims["sub"]),
        public_id=f"google:{claims.get('email') or claims['sub']}",
        mail=mail,
        domain=str(claims.get("hd") or "")[:LONGEST],
        groups=_bounded(one["email"] if isinstance(one, Mapping) else one for one in groups),
        claims=_kept(claims),
    )


def facts_of_oidc(claims: Mapping[str, Any], scopes: str | Iterable[str] = ()) -> Facts:
    """From the claims of the ID token or of userinfo, and the scopes that were granted."""
    mail = str(claims.get("email") or "") if claims.get("email_verified") in (True, "true") else ""
    groups = claims.get("groups")
    return Facts(
        provider="oidc",
        uid=str(claims["sub"]),
        public_id=f"oidc:{claims.get('preferred_username') or claims['sub']}",
        mail=mail,
        domain=_domain_of(mail),
        groups=_bounded(groups if isinstance(groups, list) else []),
        scopes=_bounded(scopes.split() if isinstance(scopes, str) else scopes),
        claims=_kept(claims),
    )


def facts_of_scim(
    uid: str, addresses: Sequence[str], groups: Iterable[str], details: Mapping[str, Any] = MappingProxyType({})
) -> Facts:
    """From what an organization's directory keeps here: for the rules of that organization, and of no other.

    What an extension says (`department`) is a claim like any other.
    """
    mail = addresses[0] if addresses else ""
    extended = (value for name, value in details.items() if name.startswith("urn:") and isinstance(value, dict))
    claims = {name: value for extension in extended for name, value in extension.items()} | dict(details)
    return Facts(
        provider="scim",
        uid=uid,
        mail=mail,
        domain=_domain_of(mail),
        groups=_bounded(groups),
        claims=_kept(claims),
    )


def is_proof(facts: Facts, external_id: str, addresses: Collection[str]) -> bool:
    """Whether who signed in with these facts is the person a directory has told of: by their number, or an address.

    Said by a directory itself. That GitHub has verified an address, or Google one outside a Workspace, tells who could
    once read its mail, not who has it in the organization now.
    """
    if facts.provider not in ("entra", "oidc") and not (facts.provider == "google" and facts.domain):
        return False
    if external_id and facts.uid == external_id:
        return True
    return bool(facts.mail) and facts.mail.casefold() in {address.casefold() for address in addresses}


def facts_as_told(
    provider: str,
    uid: str,
    claims: Mapping[str, Any],
    scopes: Iterable[str] = (),
    unread: Collection[str] = (),
) -> Facts:
    """From all that a provider said, as it said it: at a sign-in, and what it was asked besides.

    GitHub's organizations and teams, and the groups of Entra and Google, are among it unless they are `unread`.
    """
    facts = _as_told(provider, uid, claims, scopes, unread)
    return msgspec.structs.replace(facts, unread=tuple(sorted(unread)))


def _as_told(
    provider: str, uid: str, claims: Mapping[str, Any], scopes: Iterable[str], unread: Collection[str]
) -> Facts:
    match provider:
        case "github":
            said = {"id": uid, "login": uid} | dict(claims)
            return facts_of_github(said, said.get("organizations") or (), said.get("teams") or ())
        case "entra":
            return facts_of_entra({"oid": uid} | dict(claims), () if "group" in unread else claims.get("memberOf"))
        case "google":
            return facts_of_google({"sub": uid} | dict(claims), claims.get("groups") or ())
    id_token, userinfo = dict(claims.get("id_token") or {}), dict(claims.get("userinfo") or {})
    facts = facts_of_oidc({"sub": uid} | id_token | userinfo, scopes)
    return msgspec.structs.replace(facts, once=tuple(sorted(set(facts.claims) & (set(id_token) - set(userinfo)))))


def facts_again(
    known: Facts, claims: Mapping[str, Any], scopes: Iterable[str] | None, unread: Collection[str]
) -> Facts:
    """What a provider says between two sign-ins, of somebody of whom that was known.

    Who it is stays, and the address where only a sign-in asks for it. `scopes`: None where it says nothing of them.
    """
    facts = facts_as_told(known.provider, known.uid, claims, known.scopes if scopes is None else scopes, unread)
    kept = {"public_id": known.public_id, "scopes": known.scopes if scopes is None else _bounded(scopes)}
    if known.provider in {"github", "entra"}:
        kept |= {"mail": known.mail, "domain": known.domain}
    return msgspec.structs.replace(facts, **kept)


def _domain_of(mail: str) -> str:
    return mail.rpartition("@")[2]


def _bounded(told: Iterable[Any]) -> tuple[str, ...]:
    """Each once, in order, and nothing that is no short text."""
    short = (one for one in told if isinstance(one, str) and 0 < len(one) <= LONGEST and one.isprintable())
    return tuple(dict.fromkeys(short))[:MOST_LISTED]


def _kept(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The claims about the person, each that there still is room for."""
    kept: dict[str, Any] = {}
    room = MOST_CLAIMS
    for name in sorted(set(claims) - OF_THE_TOKEN - NOT_KEPT):
        if not _is_clean(claims[name]):
            continue
        size = len(msgspec.json.encode({name: claims[name]}))
        if size <= room:
            kept[name], room = claims[name], room - size
    for name in ("groups", "roles"):  # as long as they are, for rules about claims
        if isinstance(listed := claims.get(name), Collection) and not isinstance(listed, str):
            kept[name] = list(_bounded(listed))
    return kept


def _is_clean(value: Any) -> bool:
    """Whether it can be kept."""
    try:
        check_json(value, "claims")
    except BadInput:
        return False
    return True
