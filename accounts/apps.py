from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Accounts")

    def ready(self) -> None:
        from allauth.account.signals import authentication_step_completed, password_changed, password_reset
        from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
        from django.contrib.auth.signals import user_logged_in

        from accounts.receivers import (
            end_other_sessions,
            keep_proof,
            keep_roles,
            note_factor_set_up,
            note_factor_taken_away,
            note_session,
        )

        # Once per migrate run, after the last app: permissions of every app exist by then.
        post_migrate.connect(keep_roles, dispatch_uid="accounts.keep_roles")
        user_logged_in.connect(note_session, dispatch_uid="accounts.note_session")
        authentication_step_completed.connect(keep_proof, dispatch_uid="accounts.keep_proof")
        for signal in (authenticator_added, authenticator_reset):
            signal.connect(note_factor_set_up, dispatch_uid="accounts.note_factor_set_up")
        authenticator_removed.connect(note_factor_taken_away, dispatch_uid="accounts.note_factor_taken_away")
        for signal in (password_changed, password_reset):
            signal.connect(end_other_sessions, dispatch_uid="accounts.end_other_sessions")
