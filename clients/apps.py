from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClientsConfig(AppConfig):
    name = "clients"
    verbose_name = _("Other systems' clients")

    def ready(self) -> None:
        from clients.humanlayer import api  # noqa: F401  (opens its paths in the fast lane)
