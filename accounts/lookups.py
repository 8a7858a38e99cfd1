"""What a provider is asked about one of its people: organizations, teams, groups, and between sign-ins all of it again.

It talks to the network and keeps nothing. What could not be read is named, and never taken for "none".
"""

import asyncio
import functools
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import httpx
import jwt

from accounts.providers import Provider

logger = logging.getLogger(__name__)

SECONDS = 10.0  # for one answer, and for all that is asked about one person
MOST_BYTES = 2 * 1024 * 1024  # of one answer
MOST_PAGES = 20
KNOWN_SECONDS = 3600  # for how long what an issuer tells of its addresses is believed
# What a sick provider, or one that does not let us, leads to. A deep answer is a RecursionError.
BROKEN = (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError, TimeoutError, RecursionError)

PERSONAL_ACCOUNTS = "9188040d-6c67-4c5b-b112-36a304b66dad"  # Microsoft's tenant of those that are in no directory
# What a sign-in asks of Graph about somebody, for the same claims between sign-ins.
ABOUT_ME = (
    "businessPhones,displayName,givenName,id,jobTitle,mail,mobilePhone,officeLocation,preferredLanguage,surname,"
    "userPrincipalName,mailNickname,companyName"
)
MAILING_GROUPS = "cloudidentity.googleapis.com/groups.discussion_forum"  # the label of every Google group

_discovered: dict[str, tuple[float, dict[str, Any]]] = {}

Claims = dict[str, Any]


class NoAnswer(ValueError):
    """It came, and is none: what is wrong with it, in a word for the log."""


@dataclass(frozen=True)
class Question:
    """About whom a provider is asked, with their own token. `repr` does not tell it.

    `said` is what it said of them before in this breath: at the sign-in, or nothing. `again` asks for that anew.
    `once` is what it tells in an ID token only, for a renewal that brings none.
    """

    provider: Provider
    uid: str
    access: str = field(repr=False)
    id_token: str = field(default="", repr=False)
    said: Mapping[str, Any] = field(default_factory=dict, repr=False)
    once: Mapping[str, Any] = field(default_factory=dict, repr=False)
    again: bool = False


class Told(NamedTuple):
    """Claims besides those of the sign-in, and the kinds of facts (as rules name them) that could not be read.

    `is_over`: the token is good for nothing any more.
    """

    claims: Claims
    unread: frozenset[str]
    is_over: bool = False


async def look_up(client: httpx.AsyncClient, question: Question) -> Told:
    """All that rules may look at. Never raises because of a provider: what went wrong is unread."""
    claims, unread, is_over = dict(question.said), set[str](), False
    until = time.monotonic() + SECONDS
    for kinds, read, is_said_at_sign_in in READINGS[question.provider.key]:
        if is_said_at_sign_in and not question.again:
            continue
        try:
            async with asyncio.timeout(until - time.monotonic()):
                claims |= await read(client, question, claims)
        except BROKEN as wrong:
            status = wrong.response.status_code if isinstance(wrong, httpx.HTTPStatusError) else 0
            is_over = is_over or status == 401
            unread |= kinds
            why = status or (str(wrong) if isinstance(wrong, NoAnswer) else type(wrong).__name__)
            logger.warning("%s did not tell %s: %s", question.provider.name, " or ".join(sorted(kinds)), why)
    return Told(claims, frozenset(unread), is_over)


def claims_in(id_token: str, question: Question) -> Claims:
    """Of an ID token that has just come from the provider itself, so its signature adds nothing (OpenID Connect
    Core 3.1.3.7). Raises NoAnswer when there is none, or one for another client or about somebody else.
    """
    try:
        claims: Claims = jwt.decode(id_token, options={"verify_signature": False})
    except jwt.PyJWTError as wrong:
        raise NoAnswer("id_token") from wrong
    audience = claims.get("aud")
    who = claims.get("oid" if question.provider.key == "entra" else "sub")
    if question.provider.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise NoAnswer("audience")
    if who != question.uid:
        raise NoAnswer("subject")
    return claims


async def discover(client: httpx.AsyncClient, provider: Provider) -> dict[str, Any]:
    """What an issuer tells of its addresses, remembered for an hour."""
    at, told = _discovered.get(provider.discovery, (0.0, {}))
    if not told or time.monotonic() - at > KNOWN_SECONDS:
        told, _links = await _get(client, provider.discovery)
        _discovered[provider.discovery] = (time.monotonic(), told)
    return told


def new_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=SECONDS, verify=_trusted())


@functools.cache
def _trusted() -> Any:
    return httpx.create_ssl_context()  # 20 ms to build


# What each is asked


async def _github_organizations(client: httpx.AsyncClient, asked: Question, _claims: Claims) -> Claims:
    found = await _pages(client, f"{asked.provider.api_url}/user/orgs?per_page=100", asked.access)
    return {"organizations": [{"login": one["login"]} for one in found]}


async def _github_teams(client: httpx.AsyncClient, asked: Question, _claims: Claims) -> Claims:
    found = await _pages(client, f"{asked.provider.api_url}/user/teams?per_page=100", asked.access)
    return {"teams": [{"slug": one["slug"], "organization": {"login": one["organization"]["login"]}} for one in found]}


async def _entra_person(client: httpx.AsyncClient, asked: Question, _claims: Claims) -> Claims:
    address = f"{asked.provider.api_url}/v1.0/me?$select={ABOUT_ME}"
    told: Claims
    told, _links = await _get(client, address, asked.access)
    if told["id"] != asked.uid:
        raise NoAnswer("subject")
    return told


async def _id_token(client: httpx.AsyncClient, asked: Question, _claims: Claims) -> Claims:
    return claims_in(asked.id_token, asked)


async def _entra_groups(client: httpx.AsyncClient, asked: Question, claims: Claims) -> Claims:
    """Those of the token, unless it has none: it was not told to have them, or there are too many."""
    if "groups" in claims or claims.get("tid") == PERSONAL_ACCOUNTS:
        return {}
    address = f"{asked.provider.api_url}/v1.0/me/transitiveMemberOf?$select=id&$top=999"
    found = await _pages(client, address, asked.access, "value", lambda told: told.get("@odata.nextLink"))
    group = "#microsoft.graph.group"  # it lists roles of the directory as well
    return {"memberOf": [one["id"] for one in found if one.get("@odata.type", group) == group]}


async def _google_groups(client: httpx.AsyncClient, asked: Question, claims: Claims) -> Claims:
    if not asked.provider.api_url:  # GOOGLE_GROUPS is off
        return {}
    member = str(claims["email"]).replace("\\", "\\\\").replace("'", "\\'")
    wanted = {"query": f"member_key_id == '{member}' && '{MAILING_GROUPS}' in labels", "pageSize": "1000"}
    address = f"{asked.provider.api_url}/v1/groups/-/memberships:searchDirectGroups?{urlencode(wanted)}"

    def following(told: Claims) -> str | None:
        page = told.get("nextPageToken")
        return f"{address}&{urlencode({'pageToken': page})}" if page else None

    found = await _pages(client, address, asked.access, "memberships", following)
    return {"groups": [{"email": one["groupKey"]["id"]} for one in found]}


async def _issuer(client: httpx.AsyncClient, asked: Question, _claims: Claims) -> Claims:
    where = (await discover(client, asked.provider))["userinfo_endpoint"]
    userinfo, _links = await _get(client, str(where), asked.access)
    if userinfo.get("sub") != asked.uid:  # OpenID Connect Core 5.3.2
        raise NoAnswer("subject")
    id_token = claims_in(asked.id_token, asked) if asked.id_token else dict(asked.once)
    return {"userinfo": userinfo, "id_token": id_token}


Reading = Callable[[httpx.AsyncClient, Question, Claims], Awaitable[Claims]]
# Which facts hang on it, the call, and whether a sign-in has told it already. In this order.
READINGS: Mapping[str, tuple[tuple[frozenset[str], Reading, bool], ...]] = {
    "github": (
        (frozenset({"organization"}), _github_organizations, False),
        (frozenset({"team"}), _github_teams, False),
    ),
    "entra": (
        (frozenset({"claim"}), _entra_person, True),
        (frozenset({"app_role", "claim"}), _id_token, False),
        (frozenset({"group"}), _entra_groups, False),
    ),
    "google": (
        (frozenset({"domain", "claim"}), _id_token, True),
        (frozenset({"group"}), _google_groups, False),
    ),
    "oidc": ((frozenset({"group", "claim", "domain", "person"}), _issuer, True),),
}


# The network


async def _pages(
    client: httpx.AsyncClient,
    address: str,
    access: str,
    name: str = "",
    following: Callable[[Claims], str | None] | None = None,
) -> list[Claims]:
    """All of a list: the answers themselves, each with a Link to the next one; or what stands in them under a name.

    Raises NoAnswer for one that has no end, or goes on at another host: the token is not for that.
    """
    found: list[Claims] = []
    there = urlsplit(address)[:2]
    for _page in range(MOST_PAGES):
        told, links = await _get(client, address, access, list if not name else dict)
        found += told.get(name, []) if name else told
        more = following(told) if following else links.get("next", {}).get("url")
        if not more:
            return found
        if urlsplit(more)[:2] != there:
            raise NoAnswer("elsewhere")
        address = more
    raise NoAnswer("endless")


async def _get(client: httpx.AsyncClient, address: str, access: str = "", kind: type = dict) -> tuple[Any, Any]:
    """The answer, JSON of that kind, and its links."""
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {access}"} if access else {})
    async with client.stream("GET", address, headers=headers, follow_redirects=False) as answer:
        answer.raise_for_status()
        body = bytearray()
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > MOST_BYTES:
                raise NoAnswer("long")
    told = json.loads(body)
    if not isinstance(told, kind):
        raise NoAnswer("kind")
    return told, answer.links
