"""What the worker does for accounts, and what goes outside."""

from accounts.tasks.erasing import forget_late
from accounts.tasks.grants import tend_tokens
from accounts.tasks.mail import mail_invitation
from accounts.tasks.sessions import end_timed_out
from accounts.tasks.tokens import sweep_tokens
from accounts.tasks.visits import expire_visits

__all__ = ["end_timed_out", "expire_visits", "forget_late", "mail_invitation", "sweep_tokens", "tend_tokens"]
