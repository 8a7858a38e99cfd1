from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from allauth.account.signals import password_changed, password_reset
        from django.contrib.auth.signals import user_logged_in

        from accounts.receivers import end_other_sessions, keep_roles, note_session

        # Once per migrate run, after the last app: permissions of every app exist by then.
        post_migrate.connect(keep_roles, dispatch_uid="accounts.keep_roles")
        user_logged_in.connect(note_session, dispatch_uid="accounts.note_session")
        for signal in (password_changed, password_reset):
            signal.connect(end_other_sessions, dispatch_uid="accounts.end_other_sessions")
