"""Stand-ins for GitHub, Entra and Google, on this machine: they answer as those do, and check what they are sent.

Written from their documents, which are at docs.github.com/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps,
docs.github.com/rest/teams/teams, learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow,
learn.microsoft.com/graph/api/user-list-transitivememberof, developers.google.com/identity/openid-connect and
docs.cloud.google.com/identity/docs/reference/rest/v1/groups.memberships/searchDirectGroups. What a client gets wrong is
refused, and kept in `complaints`.
"""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

A_PAGE = 2  # so that lists have more than one


@dataclass
class Grant:
    """What somebody let a client do, from the code on."""

    person: dict[str, Any]
    redirect_uri: str
    challenge: str
    scope: str
    is_used: bool = False
    access: str = ""
    refresh: str = ""


@dataclass
class Standin:
    """One provider. `person` is who sits at its page; `consents` whether they agree.

    `faults` are addresses with the status that they answer with instead; `groups` what the person is in, `roles` what
    they are there, now.
    """

    client_id: str = "chameleon-client"
    secret: str = "a secret & a half"
    callback: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    consents: bool = True
    expires_in: int | None = None
    rotates: bool = True
    is_away: bool = False
    faults: dict[str, int] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)
    roles: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    withheld: set[str] = field(default_factory=set)
    complaints: list[str] = field(default_factory=list)
    codes: dict[str, Grant] = field(default_factory=dict)
    grants: list[Grant] = field(default_factory=list)
    revoked: list[str] = field(default_factory=list)
    refreshes: int = 0

    def __enter__(self) -> "Standin":
        standin = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                standin.answer(self, "GET", {})

            def do_POST(self) -> None:
                standin.answer(self, "POST", self._body())

            def do_DELETE(self) -> None:
                standin.answer(self, "DELETE", self._body())

            def _body(self) -> dict[str, str]:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                if self.headers.get_content_type() == "application/json":
                    return json.loads(raw)
                return {name: values[0] for name, values in parse_qs(raw, keep_blank_values=True).items()}

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    # ---------- What it answers ----------

    def answer(self, handler: BaseHTTPRequestHandler, method: str, form: dict[str, str]) -> None:
        split = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        if self.is_away:
            return self.say(handler, 503, {"error": "server_error"})
        self.asked.append(split.path)
        if split.path in self.faults:
            return self.say(handler, self.faults[split.path], {"message": "Not now"})
        deed = self.routes().get((method, split.path))
        if deed is None:
            self.complaints.append(f"{method} {split.path} is no address")
            return self.say(handler, 404, {"message": "Not Found"})
        status, told, headers = deed(handler, query or form)
        self.say(handler, status, told, headers)

    def say(self, handler: BaseHTTPRequestHandler, status: int, told: Any, headers: Any = ()) -> None:
        body = b"" if told is None else json.dumps(told).encode()
        handler.send_response(status)
        for name, value in [("Content-Type", "application/json; charset=utf-8"), *headers]:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def routes(self) -> dict[tuple[str, str], Any]:
        raise NotImplementedError

    def complain(self, sentence: str, error: str = "invalid_request") -> tuple[int, Any, list[Any]]:
        self.complaints.append(sentence)
        return self.refusal_status, {"error": error, "error_description": sentence}, []

    refusal_status = 400

    def authorize(self, _handler: Any, asked: dict[str, str]) -> tuple[int, Any, list[Any]]:
        wanted = {"client_id": self.client_id, "response_type": "code", "redirect_uri": self.callback}
        for name, value in (wanted | {"code_challenge_method": "S256"}).items():
            if asked.get(name) != value:
                return self.complain(f"{name} is {asked.get(name)}")
        if len(asked.get("code_challenge", "")) != 43 or not asked.get("state"):
            return self.complain("no PKCE, or no state")
        if not self.consents:
            told = {"error": "access_denied", "state": asked["state"]}
        else:
            code = secrets.token_urlsafe(16)
            granted = " ".join(one for one in asked.get("scope", "").split() if one not in self.withheld)
            self.codes[code] = Grant(self.person, self.callback, asked["code_challenge"], granted)
            told = {"code": code, "state": asked["state"]}
        return 302, None, [("Location", f"{self.callback}?{urlencode(told)}")]

    def token(self, handler: Any, asked: dict[str, str]) -> tuple[int, Any, list[Any]]:
        if (asked.get("client_id"), asked.get("client_secret")) != (self.client_id, self.secret):
            return self.complain("a wrong client", "invalid_client")
        if asked.get("grant_type") == "refresh_token":
            return self.renew(asked)
        grant = self.codes.get(asked.get("code", ""))
        if grant is None or grant.is_used:
            return self.complain("the code is unknown or was used", self.bad_code)
        grant.is_used = True
        if asked.get("redirect_uri") != grant.redirect_uri:
            return self.complain("another redirect_uri", "invalid_grant")
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != grant.challenge:
            return self.complain("a wrong code_verifier", "invalid_grant")
        self.grants.append(grant)
        return self.give(grant)

    bad_code = "invalid_grant"
    bad_refresh = "invalid_grant"

    def renew(self, asked: dict[str, str]) -> tuple[int, Any, list[Any]]:
        self.refreshes += 1
        grant = next((one for one in self.grants if one.refresh and one.refresh == asked.get("refresh_token")), None)
        if grant is None:
            return self.complain("a refresh token that is unknown or was used", self.bad_refresh)
        return self.give(grant)

    def give(self, grant: Grant) -> tuple[int, Any, list[Any]]:
        grant.access = f"access-{secrets.token_urlsafe(12)}"
        told: dict[str, Any] = {"access_token": grant.access, "token_type": "bearer", "scope": grant.scope}
        if self.expires_in is not None:
            told["expires_in"] = self.expires_in
            if self.rotates or not grant.refresh:
                grant.refresh = f"refresh-{secrets.token_urlsafe(12)}"
                told["refresh_token"] = grant.refresh
        if "openid" in grant.scope.split():
            told["id_token"] = jwt.encode(self.id_token(grant), "nobody checks this signature, it came by TLS")
        return 200, told, []

    def id_token(self, grant: Grant) -> dict[str, Any]:
        raise NotImplementedError

    def end_all(self) -> None:
        """Somebody was switched off there, or took their consent back."""
        for grant in self.grants:
            grant.refresh = grant.access = ""

    def bearer(self, handler: Any) -> Grant | None:
        held = handler.headers.get("Authorization", "").partition(" ")[2]
        return next((one for one in self.grants if one.access and one.access == held), None)


class GitHub(Standin):
    """github.com, or a GitHub Enterprise server: its addresses are those of the latter. Errors come with status 200."""

    refusal_status = 200
    bad_code, bad_refresh = "bad_verification_code", "bad_refresh_token"

    def routes(self) -> dict[tuple[str, str], Any]:
        return {
            ("GET", "/login/oauth/authorize"): self.authorize,
            ("POST", "/login/oauth/access_token"): self.token,
            ("GET", "/api/v3/user"): self.user,
            ("GET", "/api/v3/user/emails"): self.emails,
            ("GET", "/api/v3/user/orgs"): self.organizations,
            ("GET", "/api/v3/user/teams"): self.teams,
            ("DELETE", f"/api/v3/applications/{self.client_id}/token"): self.revoke,
        }

    def user(self, handler: Any, _asked: Any) -> tuple[int, Any, list[Any]]:
        grant = self.bearer(handler)
        if grant is None:
            return 401, {"message": "Bad credentials"}, []
        return 200, {name: value for name, value in grant.person.items() if name != "emails"}, []

    def emails(self, handler: Any, _asked: Any) -> tuple[int, Any, list[Any]]:
        grant = self.bearer(handler)
        if grant is None or "user:email" not in grant.scope.split():
            return 404, {"message": "Not Found"}, []
        return 200, grant.person["emails"], []

    def organizations(self, handler: Any, asked: Any) -> tuple[int, Any, list[Any]]:
        names = dict.fromkeys(team.partition("/")[0] for team in self.groups)
        return self.page(handler, asked, "/api/v3/user/orgs", [{"login": name, "id": 1} for name in names])

    def teams(self, handler: Any, asked: Any) -> tuple[int, Any, list[Any]]:
        each = [team.partition("/") for team in self.groups]
        teams = [{"slug": slug, "name": slug.title(), "organization": {"login": org}} for org, _, slug in each]
        return self.page(handler, asked, "/api/v3/user/teams", teams)

    def page(self, handler: Any, asked: Any, path: str, found: list[Any]) -> tuple[int, Any, list[Any]]:
        grant = self.bearer(handler)
        if grant is None:
            return 401, {"message": "Bad credentials"}, []
        if "read:org" not in grant.scope.split():
            return 403, {"message": "You need at least read:org scope or user scope to list your organizations."}, []
        if asked.get("per_page") != "100":
            self.complaints.append("small pages")
        page = int(asked.get("page", "1"))
        rest = found[page * A_PAGE :]
        more = f'<{self.url}{path}?per_page=100&page={page + 1}>; rel="next", <{self.url}{path}>; rel="last"'
        return 200, found[(page - 1) * A_PAGE : page * A_PAGE], [("Link", more)] if rest else []

    def revoke(self, handler: Any, asked: dict[str, str]) -> tuple[int, Any, list[Any]]:
        known = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        if handler.headers.get("Authorization") != f"Basic {known}":
            self.complaints.append("revoked by a stranger")
            return 401, {"message": "Requires authentication"}, []
        self.revoked.append(asked["access_token"])
        for grant in self.grants:
            if grant.access == asked["access_token"]:
                grant.access = grant.refresh = ""
        return 204, None, []


class Entra(Standin):
    """Microsoft's identity platform and Graph, of one tenant."""

    tenant = "fjordbank.example"
    most_groups = 3  # that fit into a token; Microsoft has 200

    def routes(self) -> dict[tuple[str, str], Any]:
        return {
            ("GET", f"/{self.tenant}/oauth2/v2.0/authorize"): self.authorize,
            ("POST", f"/{self.tenant}/oauth2/v2.0/token"): self.token,
            ("GET", "/v1.0/me"): self.me,
            ("GET", "/v1.0/me/transitiveMemberOf"): self.member_of,
        }

    def id_token(self, grant: Grant) -> dict[str, Any]:
        told: dict[str, Any] = {"aud": self.client_id, "oid": grant.person["id"], "tid": "9122", "roles": self.roles}
        if len(self.groups) > self.most_groups:
            told |= {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://graph"}}}
        elif self.groups:
            told["groups"] = self.groups
        return told

    def member_of(self, handler: Any, asked: dict[str, str]) -> tuple[int, Any, list[Any]]:
        grant = self.bearer(handler)
        if grant is None or "User.Read" not in grant.scope.split():
            return 401, {"error": {"code": "InvalidAuthenticationToken"}}, []
        if (asked.get("$select"), asked.get("$top")) != ("id", "999"):
            self.complaints.append("another question")
        kinds = [("group", group) for group in self.groups] + [("directoryRole", "a-role-of-the-directory")]
        found = [{"@odata.type": f"#microsoft.graph.{kind}", "id": one} for kind, one in kinds]
        skip = int(asked.get("$skiptoken", "0"))
        told: dict[str, Any] = {"value": found[skip : skip + A_PAGE]}
        if len(found) > skip + A_PAGE:
            here = f"{self.url}/v1.0/me/transitiveMemberOf?$select=id&$top=999"
            told["@odata.nextLink"] = f"{here}&$skiptoken={skip + A_PAGE}"
        return 200, told, []

    def me(self, handler: Any, asked: dict[str, str]) -> tuple[int, Any, list[Any]]:
        grant = self.bearer(handler)
        if grant is None or "User.Read" not in grant.scope.split():
            return 401, {"error": {"message": "Access token is empty."}}, []
        wanted = asked.get("$select", "").split(",")
        return 200, {name: grant.person.get(name) for name in wanted}, []


class Google(Standin):
    """Google's sign-in, and Cloud Identity."""

    def routes(self) -> dict[tuple[str, str], Any]:
        return {
            ("GET", "/o/oauth2/v2/auth"): self.authorize_offline,
            ("POST", "/token"): self.token,
            ("POST", "/revoke"): self.revoke,
            ("GET", "/v1/groups/-/memberships:searchDirectGroups"): self.direct_groups,
        }

    def authorize_offline(self, handler: Any, asked: dict[str, str]) -> tuple[int, Any, list[Any]]:
        if asked.get("access_type") != "offline":
            return self.complain("no access while nobody is there")
        return self.authorize(handler, asked)

    def id_token(self, grant: Grant) -> dict[str, Any]:
        told = {"iss": "https://accounts.google.com", "aud": self.client_id, "exp": int(time.time()) + 3600}
        return told | grant.person

    def direct_groups(self, handler: Any, asked: dict[str, str]) -> tuple[int, Any, list[Any]]:
        grant = self.bearer(handler)
        if grant is None:
            return 401, {"error": {"status": "UNAUTHENTICATED"}}, []
        if "https://www.googleapis.com/auth/cloud-identity.groups.readonly" not in grant.scope.split():
            return 403, {"error": {"status": "PERMISSION_DENIED"}}, []
        wanted = "member_key_id == '{}' && 'cloudidentity.googleapis.com/groups.discussion_forum' in labels"
        if asked.get("query") != wanted.format(grant.person["email"]):
            return self.complain(f"another question: {asked.get('query')}")
        start = int(asked.get("pageToken", "0"))
        found = [{"group": f"groups/{n}", "groupKey": {"id": one}} for n, one in enumerate(self.groups)]
        told: dict[str, Any] = {"memberships": found[start : start + A_PAGE]} if found else {}
        if len(found) > start + A_PAGE:
            told["nextPageToken"] = str(start + A_PAGE)
        return 200, told, []

    def revoke(self, _handler: Any, asked: dict[str, str]) -> tuple[int, Any, list[Any]]:
        self.revoked.append(asked["token"])
        for grant in self.grants:
            if asked["token"] in {grant.access, grant.refresh}:
                grant.access = grant.refresh = ""
        return 200, {}, []
