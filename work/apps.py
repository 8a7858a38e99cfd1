from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkConfig(AppConfig):
    name = "work"
    verbose_name = _("Units of work")

    def ready(self) -> None:
        from work import topics  # noqa: F401  (registers what can be listened to)
