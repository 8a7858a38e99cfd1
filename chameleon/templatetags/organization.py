"""What a page shows of the organization, and of how its pilot wants it."""

import json

from django import template
from django.db.models import Count

from accounts import keyboard
from accounts.models import Membership, Preferences
from guardians.models import Gate
from interventions.queries import sample

register = template.Library()


@register.simple_tag
def gates_here(actor: Membership) -> list[Gate]:
    """The gates the actor may see, with how many guardians each has."""
    return list(Gate.objects.visible_to(actor).annotate(guardian_count=Count("guardians")).order_by("name")[:50])


@register.simple_tag
def own_keys(preferences: Preferences) -> str:
    """The shipped keys that are others for this pilot, as keys.js reads them; "" for none."""
    moved = keyboard.moved(preferences.keys)
    return json.dumps(moved, ensure_ascii=False) if moved else ""


@register.filter
def is_untouched(actor: Membership) -> bool:
    """Whether nothing was ever asked here."""
    return sample.is_untouched(actor)


@register.simple_tag
def first_call() -> str:
    """How a program asks its first question."""
    return sample.first_call()
