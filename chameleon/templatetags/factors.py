"""What the page of the second factor asks."""

from typing import NamedTuple

from django import template
from django.http import HttpRequest

from accounts.queries import factors_of, lacks_factor
from accounts.queries.factors import Factor

register = template.Library()


class Here(NamedTuple):
    factors: list[Factor]
    has_app: bool
    is_missing: bool


@register.simple_tag
def factors_here(request: HttpRequest) -> Here:
    """What is set up, and whether something has to be."""
    membership = request.membership  # type: ignore[attr-defined]
    factors = list(factors_of(request.user))
    has_app = any(one.type == "totp" for one in factors)
    return Here(factors, has_app, membership is not None and lacks_factor(membership))
