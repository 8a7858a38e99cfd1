from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InterventionsConfig(AppConfig):
    name = "interventions"
    verbose_name = _("Interventions")

    def ready(self) -> None:
        from accounts.signals import absence_changed, asked_about, member_left, pilot_erased
        from interventions import topics  # noqa: F401  (registers what can be listened to)
        from interventions.receivers import (
            forget_who_is_erased,
            pass_on_what_they_held,
            see_to_what_they_hold,
            tell_about_person,
        )

        absence_changed.connect(see_to_what_they_hold, dispatch_uid="interventions.see_to_what_they_hold")
        member_left.connect(pass_on_what_they_held, dispatch_uid="interventions.pass_on_what_they_held")
        pilot_erased.connect(forget_who_is_erased, dispatch_uid="interventions.forget_who_is_erased")
        asked_about.connect(tell_about_person, dispatch_uid="interventions.tell_about_person")
