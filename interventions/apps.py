from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InterventionsConfig(AppConfig):
    name = "interventions"
    verbose_name = _("Interventions")

    def ready(self) -> None:
        from accounts.signals import absence_changed
        from interventions import topics  # noqa: F401  (registers what can be listened to)
        from interventions.receivers import see_to_what_they_hold

        absence_changed.connect(see_to_what_they_hold, dispatch_uid="interventions.see_to_what_they_hold")
