"""How a pilot wants the pages."""

from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts import keyboard
from accounts.models import Membership, Notice, Preferences
from audit.actions import record
from kit.errors import BadInput
from kit.rows import check_row


@transaction.atomic
def set_preferences(*, actor: Membership, **chosen: Any) -> Preferences:
    """Keep how one wants the pages oneself; what is not named stays as it was."""
    preferences, _made = Preferences.objects.select_for_update().get_or_create(pilot_id=actor.pilot_id)
    changed = {name: value for name, value in chosen.items() if getattr(preferences, name) != value}
    if not changed:
        return preferences
    for name, value in changed.items():
        setattr(preferences, name, value)
    _check_preferences(preferences)
    preferences.save(update_fields=[*changed])
    record("pilot.preferences_set", actor=actor, subject=actor.pilot, **changed)
    return preferences


def _check_preferences(preferences: Preferences) -> None:
    check_row(preferences, but=("pilot",))
    if wrong := keyboard.faults(preferences.keys):
        errors = [{"field": f"keys.{act}", "message": said} for act, said in wrong.items()]
        raise BadInput("; ".join(f"{e['field']}: {e['message']}" for e in errors), errors=errors)
    if preferences.language and preferences.language not in dict(settings.LANGUAGES):
        raise BadInput.field("language", _("this language is not spoken here"))
    if preferences.time_zone and preferences.time_zone not in available_timezones():
        raise BadInput.field("time_zone", _("there is no such time zone"))
    if not 10 <= preferences.page_size <= 100:
        raise BadInput.field("page_size", _("from 10 to 100"))
    if unknown := set(preferences.notify) - {*Notice}:
        raise BadInput.field("notify", _("there is nothing to tell of %(what)s") % {"what": ", ".join(sorted(unknown))})
