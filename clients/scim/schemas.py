"""What a user and a group are made of: one table, which is told at /Schemas, and by which all that comes in is read."""

from typing import Any, NamedTuple

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"


class Attribute(NamedTuple):
    """One attribute, in the words of RFC 7643, 7."""

    name: str
    words: str
    type: str = "string"
    many: bool = False
    required: bool = False
    exact: bool = False
    mutability: str = "readWrite"
    uniqueness: str = "none"
    sub: tuple["Attribute", ...] = ()
    leads_to: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        about: dict[str, Any] = {
            "name": self.name,
            "type": self.type,
            "multiValued": self.many,
            "description": self.words,
            "required": self.required,
            "caseExact": self.exact,
            "mutability": self.mutability,
            "returned": "default",
            "uniqueness": self.uniqueness,
        }
        if self.leads_to:
            about["referenceTypes"] = [*self.leads_to]
        if self.sub:
            about["subAttributes"] = [one.told() for one in self.sub]
        return about

    def part(self, name: str) -> "Attribute | None":
        return named(self.sub, name)


def named(among: tuple[Attribute, ...], name: str) -> Attribute | None:
    """Names of attributes are the same in any case."""
    return next((one for one in among if one.name.casefold() == name.casefold()), None)


def _listed(name: str, words: str, value: str = "string") -> Attribute:
    """Of which one has several, each of a type, one of them the preferred one."""
    about = (
        Attribute("value", words, type=value, leads_to=("external",) if value == "reference" else ()),
        Attribute("display", "How it is shown."),
        Attribute("type", "Of what type it is: work, home, other."),
        Attribute("primary", "Whether it is the preferred one.", type="boolean"),
    )
    return Attribute(name, words, type="complex", many=True, sub=about)


def _texts(**words: str) -> tuple[Attribute, ...]:
    return tuple(Attribute(name, said) for name, said in words.items())


def _reference(words: str, mutability: str, of: str) -> tuple[Attribute, ...]:
    return (
        Attribute("value", words, mutability=mutability, exact=True),
        Attribute("$ref", "Where.", type="reference", mutability=mutability, exact=True, leads_to=(of,)),
    )


# What every resource has, and no schema tells (RFC 7643, 3.1).
EXTERNAL_ID = Attribute("externalId", "The number of the directory.", exact=True)
KEPT_HERE = (
    Attribute("id", "The number here.", mutability="readOnly", exact=True),
    Attribute("meta", "When, where and which version.", type="complex", mutability="readOnly"),
    Attribute("schemas", "What it is made of.", many=True, mutability="readOnly"),
)

OF_A_USER = (
    Attribute("userName", "What signs in at the directory.", required=True, uniqueness="server"),
    Attribute(
        "name",
        "The parts of the name.",
        type="complex",
        sub=_texts(
            formatted="The whole name.",
            familyName="Family name.",
            givenName="Given name.",
            middleName="Middle names.",
            honorificPrefix="What stands before it.",
            honorificSuffix="What stands behind it.",
        ),
    ),
    *_texts(displayName="The name as it is shown.", nickName="What one is called."),
    Attribute("profileUrl", "A page about them.", type="reference", leads_to=("external",)),
    *_texts(
        title="Title, such as Vice President.",
        userType="How they belong, such as Employee.",
        preferredLanguage="Language, as in Accept-Language.",
        locale="How dates and figures are written.",
        timezone="Time zone, such as Europe/Oslo.",
    ),
    Attribute("active", "Whether they are let in.", type="boolean", required=True),
    _listed("emails", "E-mail address."),
    _listed("phoneNumbers", "Telephone number."),
    _listed("photos", "Picture.", "reference"),
    _listed("entitlements", "What they are entitled to. It gives nothing here."),
    _listed("roles", "Role at the directory. Rules may make a role of it."),
    Attribute(
        "addresses",
        "Postal address.",
        type="complex",
        many=True,
        sub=(
            *_texts(
                formatted="As on a letter.",
                streetAddress="Street.",
                locality="City.",
                region="Region.",
                postalCode="Postal code.",
                country="Country.",
                type="Of what type it is: work, home, other.",
            ),
            Attribute("primary", "Whether it is the preferred one.", type="boolean"),
        ),
    ),
    Attribute(
        "groups",
        "The groups they are in.",
        type="complex",
        many=True,
        mutability="readOnly",
        sub=(
            *_reference("The group.", "readOnly", "Group"),
            Attribute("display", "What it is called.", mutability="readOnly"),
            Attribute("type", "Always “direct”.", mutability="readOnly"),
        ),
    ),
)
OF_AN_EMPLOYEE = (
    *_texts(
        employeeNumber="Number as an employee.",
        costCenter="Cost center.",
        organization="Organization.",
        division="Division.",
        department="Department.",
    ),
    Attribute(
        "manager",
        "Who leads them.",
        type="complex",
        sub=(
            Attribute("value", "The number of the manager."),
            Attribute("$ref", "Where.", type="reference", leads_to=("User",)),
            Attribute("displayName", "What they are called."),
        ),
    ),
)
OF_A_GROUP = (
    Attribute("displayName", "The name of the group.", required=True, uniqueness="server"),
    Attribute(
        "members",
        "Who is in it.",
        type="complex",
        many=True,
        sub=_reference("The user, by the number here.", "immutable", "User"),
    ),
)


class Kind(NamedTuple):
    """A type of resource (RFC 7643, 6)."""

    name: str
    place: str
    schema: str
    attributes: tuple[Attribute, ...]
    extensions: dict[str, tuple[Attribute, ...]] = {}

    @property
    def all_attributes(self) -> tuple[Attribute, ...]:
        return (*self.attributes, EXTERNAL_ID, *KEPT_HERE)

    def told(self, base: str) -> dict[str, Any]:
        return {
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
            "id": self.name,
            "name": self.name,
            "endpoint": f"/{self.place}",
            "schema": self.schema,
            "schemaExtensions": [{"schema": urn, "required": False} for urn in self.extensions],
            "meta": {"resourceType": "ResourceType", "location": f"{base}/ResourceTypes/{self.name}"},
        }


USERS = Kind("User", "Users", USER, OF_A_USER, {ENTERPRISE: OF_AN_EMPLOYEE})
GROUPS = Kind("Group", "Groups", GROUP, OF_A_GROUP)
KINDS = {one.name: one for one in (USERS, GROUPS)}


def without_schema(path: str) -> str:
    """`urn:…:core:2.0:User:userName` is `userName`; what an extension adds keeps its schema."""
    core = (f"{urn}:" for urn in (USER, GROUP))
    return next((path[len(urn) :] for urn in core if path.casefold().startswith(urn.casefold())), path)


NAMES = {USER: "User", ENTERPRISE: "Enterprise User", GROUP: "Group"}
SCHEMAS = {USER: OF_A_USER, ENTERPRISE: OF_AN_EMPLOYEE, GROUP: OF_A_GROUP}


def schema_told(urn: str, base: str) -> dict[str, Any]:
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"],
        "id": urn,
        "name": NAMES[urn],
        "description": NAMES[urn],
        "attributes": [one.told() for one in SCHEMAS[urn]],
        "meta": {"resourceType": "Schema", "location": f"{base}/Schemas/{urn}"},
    }


def config_told(base: str, most: int) -> dict[str, Any]:
    """What of the protocol is there (RFC 7643, 5)."""
    yes, no = {"supported": True}, {"supported": False}
    return {
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "documentationUri": "https://datatracker.ietf.org/doc/html/rfc7644",
        "patch": yes,
        "bulk": no | {"maxOperations": 0, "maxPayloadSize": 0},
        "filter": yes | {"maxResults": most},
        "changePassword": no,
        "sort": no,
        "etag": yes,
        "authenticationSchemes": [
            {
                "type": "oauthbearertoken",
                "name": "Bearer token",
                "description": "A key of Chameleon with the scope “provision”, made on its page for SCIM.",
                "specUri": "https://datatracker.ietf.org/doc/html/rfc6750",
                "primary": True,
            }
        ],
        "meta": {"resourceType": "ServiceProviderConfig", "location": f"{base}/ServiceProviderConfig"},
    }
