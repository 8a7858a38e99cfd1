"""DIRECTIONAL_FILTER: an attribute says which way a unit goes."""

import math
from datetime import datetime
from typing import Annotated, Any

import msgspec
from django.utils.translation import gettext as _

from guardians.types.base import GuardianType, Place, passed, refused
from guardians.types.fields import Absent, Field
from guardians.types.words import kept, kind_of, one_line, shown
from guardians.verdicts import UnitSnapshot, Verdict
from kit.canonical import canonical

MAX_ROUTES = 1_000
MAX_DIRECTIONS = 20

Direction = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Directions = Annotated[tuple[Direction, ...], msgspec.Meta(max_length=MAX_DIRECTIONS)]
Value = Annotated[str, msgspec.Meta(max_length=200)]


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    attribute: str
    routes: Annotated[dict[Value, Directions], msgspec.Meta(max_length=MAX_ROUTES)]
    default_route: Direction | Directions | None = None


class DirectionalFilter(GuardianType):
    """Allows a unit whose attribute has a route; the verdict carries its directions.

    Routes are keyed by text, so true, false and numbers are looked up by their JSON text (`true`, `3`,
    `0.5`; 3.0 is `3`). The default route is for a value without one of its own: an attribute that is
    missing, null, a list or an object has no value to route by, and is refused.
    """

    name = "DIRECTIONAL_FILTER"
    reads = Config
    config: Config

    def __init__(self, config: Config, place: Place) -> None:
        super().__init__(config, place)
        self._field = Field(config.attribute, "attribute", place)
        default = config.default_route
        self._default = (default,) if isinstance(default, str) else default
        for value, directions in config.routes.items():
            if not directions:
                raise place.wrong(f"routes.{value}", "needs at least one direction")
        if self._default == ():
            raise place.wrong("default_route", "needs at least one direction")
        if not config.routes and self._default is None:
            raise place.wrong("routes", "needs a route, or a default_route")

    def weigh(self, unit: UnitSnapshot, now: datetime) -> Verdict:
        found = self._field.read(unit)
        if isinstance(found, Absent):
            return refused(found.why)
        key = _key(found)
        if key is None:
            return refused(f"{self._field.text} is {kind_of(found)}, which no route can be chosen by.")
        directions = self.config.routes.get(key, self._default)
        if directions is None:
            return refused(f"{self._field.text} is {shown(found)}, which has no route.", found=kept(found))
        return passed(one_line(f"{self._field.text} leads to {', '.join(directions)}."), directions, found=kept(found))

    def describe(self) -> str:
        facts = {"attribute": self.config.attribute, "count": len(self.config.routes)}
        if self._default is None:
            return _("%(attribute)s chooses one of %(count)s routes; a value without a route is stopped.") % facts
        facts["default"] = ", ".join(self._default)
        return _("%(attribute)s chooses one of %(count)s routes; any other value goes to %(default)s.") % facts


def _key(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and math.isfinite(value):
        return canonical(value).decode()
    return None
