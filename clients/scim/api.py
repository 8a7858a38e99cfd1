"""What a directory calls: users, groups, and what it may know of the server. Every call bears a key for it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from django.http import Http404
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import actions
from accounts.authentication import BearerAuthentication, actor_of
from accounts.models import ProvisionedGroup, ProvisionedUser
from accounts.queries import provisioned_group, provisioned_groups, provisioned_user, provisioned_users
from clients.scim import errors, queries, resources, schemas
from clients.scim.errors import Wrong
from clients.scim.patches import patched
from clients.scim.resources import Document
from clients.scim.schemas import GROUPS, KINDS, SCHEMAS, USERS

MEDIA_TYPE = "application/scim+json"
LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
FIRST_PAGE = 100


class ScimRenderer(JSONRenderer):
    media_type = MEDIA_TYPE
    format = "scim"


class ScimView(APIView):
    """In the words of the RFC, errors too; for keys that may provision, and nobody else."""

    authentication_classes = (BearerAuthentication,)
    renderer_classes = (ScimRenderer, JSONRenderer)
    http_method_names = ("get", "post", "put", "patch", "delete")
    schema = None  # it is told at /Schemas

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        queries.refuse_unless_provisioning(actor_of(request))

    def get_parsers(self) -> list[BaseParser]:
        """JSON as everywhere here, by its own name and by SCIM's."""
        named = super().get_parsers()
        for parser in named:
            parser.media_type = MEDIA_TYPE
        return [*named, *super().get_parsers()]

    def get_exception_handler(self) -> Callable[..., Response | None]:
        return errors.handler


class Users(ScimView):
    def get(self, request: Request) -> Response:
        return _users(request, Search.of(request.query_params))

    def post(self, request: Request) -> Response:
        told = resources.told_user(resources.read(request.data, USERS))
        user = actions.provision_user(told, actor=actor_of(request))
        return _answer(request, user, resources.user_resource(user), status=201)


class UserSearch(ScimView):
    def post(self, request: Request) -> Response:
        return _users(request, Search.of(request.data))


class User(ScimView):
    def get(self, request: Request, pk: UUID) -> Response:
        user = provisioned_user(pk, actor_of(request))
        return _answer(request, user, resources.user_resource(user))

    def put(self, request: Request, pk: UUID) -> Response:
        document = resources.read(request.data, USERS)
        user = actions.change_user(
            pk,
            lambda was: resources.told_user(document, active=was.active),
            actor=actor_of(request),
            seen=_seen(request),
        )
        return _answer(request, user, resources.user_resource(user))

    def patch(self, request: Request, pk: UUID) -> Response:
        said = request.data
        user = actions.change_user(
            pk,
            lambda was: resources.told_user(patched(resources.user_document(was), said, USERS)),
            actor=actor_of(request),
            seen=_seen(request),
        )
        return _answer(request, user, resources.user_resource(user))

    def delete(self, request: Request, pk: UUID) -> Response:
        actions.remove_user(pk, actor=actor_of(request), seen=_seen(request))
        return Response(status=204)


class Groups(ScimView):
    def get(self, request: Request) -> Response:
        return _groups(request, Search.of(request.query_params))

    def post(self, request: Request) -> Response:
        told = resources.told_group(resources.read(request.data, GROUPS))
        group = actions.provision_group(told, actor=actor_of(request))
        return _group(request, group, status=201)


class GroupSearch(ScimView):
    def post(self, request: Request) -> Response:
        return _groups(request, Search.of(request.data))


class Group(ScimView):
    def get(self, request: Request, pk: UUID) -> Response:
        return _group(request, provisioned_group(pk, actor_of(request)))

    def put(self, request: Request, pk: UUID) -> Response:
        told = resources.told_group(resources.read(request.data, GROUPS))
        group = actions.change_group(pk, lambda _was: told, actor=actor_of(request), seen=_seen(request))
        return _group(request, group)

    def patch(self, request: Request, pk: UUID) -> Response:
        """200 with what is asked for in `attributes`, else 204: a group may have thousands of members."""
        said = request.data
        group = actions.change_group(
            pk,
            lambda was: resources.told_group(patched(resources.group_document(was), said, GROUPS)),
            actor=actor_of(request),
            seen=_seen(request),
        )
        if "attributes" in request.query_params:
            return _group(request, group)
        return Response(status=204, headers={"ETag": resources.etag_of(group)})

    def delete(self, request: Request, pk: UUID) -> Response:
        actions.remove_group(pk, actor=actor_of(request), seen=_seen(request))
        return Response(status=204)


class ServiceProviderConfig(ScimView):
    def get(self, request: Request) -> Response:
        return Response(schemas.config_told(resources.base(), queries.MOST))


class ResourceTypes(ScimView):
    def get(self, request: Request, name: str = "") -> Response:
        return _told_once({key: kind.told(resources.base()) for key, kind in KINDS.items()}, name)


class Schemas(ScimView):
    def get(self, request: Request, name: str = "") -> Response:
        return _told_once({urn: schemas.schema_told(urn, resources.base()) for urn in SCHEMAS}, name)


class Nothing(ScimView):
    """Whatever else is under the address."""

    def get(self, request: Request, rest: str = "") -> Response:
        raise Http404

    post = put = patch = delete = get


def _told_once(told: Mapping[str, Document], name: str) -> Response:
    if not name:
        return Response(_list([*told.values()], len(told), 1))
    if name not in told:
        raise Http404
    return Response(told[name])


class Search(NamedTuple):
    """What is asked for, in the query or, for what no log may keep, in the body (RFC 7644, 3.4.3)."""

    filter: str
    only: str
    without: str
    start: int
    count: int

    @classmethod
    def of(cls, said: Any) -> "Search":
        if not isinstance(said, Mapping):
            raise Wrong("invalidSyntax", "Send a JSON object.")
        return cls(
            _text(said.get("filter", "")),
            _text(said.get("attributes", "")),
            _text(said.get("excludedAttributes", "")),
            max(1, _whole(said, "startIndex", 1)),
            max(0, _whole(said, "count", FIRST_PAGE)),
        )

    @property
    def wants_members(self) -> bool:
        if self.only:
            return "members" in self.only.casefold()
        return "members" not in [name.strip() for name in self.without.casefold().split(",")]


def _users(request: Request, search: Search) -> Response:
    found = provisioned_users(actor_of(request)).prefetch_related("groups")
    return _page(search, queries.filtered(found, search.filter, queries.OF_USERS), resources.user_resource)


def _groups(request: Request, search: Search) -> Response:
    found = queries.filtered(provisioned_groups(actor_of(request)), search.filter, queries.OF_GROUPS)
    if not search.wants_members:
        return _page(search, found, lambda one: resources.group_resource(one, members=False))
    return _page(search, queries.with_members(found), resources.group_resource, queries.MOST_WITH_MEMBERS)


def _page(search: Search, found: Any, resource: Callable[[Any], Document], most: int = queries.MOST) -> Response:
    """So many from `start` on, which counts from 1: the protocol knows no cursor."""
    rows = found[search.start - 1 : search.start - 1 + min(search.count, most)]
    told = [resources.projected(resource(row), search.only, search.without) for row in rows]
    return Response(_list(told, found.count(), search.start))


def _list(told: list[Document], total: int, start: int) -> Document:
    page = {"totalResults": total, "startIndex": start, "itemsPerPage": len(told)}
    return {"schemas": [LIST], **page, "Resources": told}


def _group(request: Request, group: ProvisionedGroup, status: int = 200) -> Response:
    wanted = Search.of(request.query_params).wants_members
    return _answer(request, group, resources.group_resource(group, members=wanted), status=status)


def _answer(
    request: Request, row: ProvisionedUser | ProvisionedGroup, resource: Document, *, status: int = 200
) -> Response:
    headers = {"ETag": resources.etag_of(row)}
    if status == 201:
        headers["Location"] = resource["meta"]["location"]
    if request.method == "GET" and request.headers.get("If-None-Match") == headers["ETag"]:
        return Response(status=304, headers=headers)
    asked = Search.of(request.query_params)
    return Response(resources.projected(resource, asked.only, asked.without), status=status, headers=headers)


def _text(said: Any) -> str:
    """A list is the same with commas."""
    return ",".join(map(str, said)) if isinstance(said, list) else str(said)


def _whole(said: Any, name: str, default: int) -> int:
    text = str(said.get(name, ""))
    if not text:
        return default
    if not text.lstrip("-").isdecimal() or len(text) > 9:
        raise Wrong("invalidValue", f"{name} is a whole number.")
    return int(text)


def _seen(request: Request) -> str:
    """The version of `If-Match`; "" for any."""
    said = request.headers.get("If-Match", "").strip()
    return "" if said == "*" else said.removeprefix("W/").strip('"')
