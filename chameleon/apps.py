from django.apps import AppConfig
from django.contrib.admin import apps as admin


class ChameleonConfig(AppConfig):
    name = "chameleon"
    default = True

    def ready(self) -> None:
        from chameleon import checks  # noqa: F401  (registers them)


class AdminConfig(admin.AdminConfig):
    """Django's admin, with our site in place of its own."""

    default = False
    default_site = "chameleon.admin.Site"
