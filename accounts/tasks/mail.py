"""What goes out by mail."""

import logging
import smtplib

from django.conf import settings
from django.core.mail import send_mail
from django.utils.translation import gettext as _

from accounts.models import Invitation

logger = logging.getLogger(__name__)


def mail_invitation(invitation: Invitation, link: str) -> bool:
    """Send the link to whom it is for; whether that went well. Not a job: its row would keep the secret."""
    if not (settings.EMAIL_HOST and invitation.email):
        return False
    about = {
        "organization": invitation.organization.name,
        "who": invitation.invited_by.name,
        "role": invitation.role_title,
        "link": link,
        "day": invitation.expires_at.strftime("%Y-%m-%d"),
    }
    subject = _("%(who)s invites you to %(organization)s on Chameleon") % about
    words = _(
        "%(who)s invites you to %(organization)s on Chameleon, as %(role)s.\n\n"
        "Open this link to see it and to join:\n%(link)s\n\n"
        "It is good once, until %(day)s. Do not pass it on. If you expected nothing of the kind, ignore this mail."
    )
    try:
        sent = send_mail(" ".join(subject.split()), words % about, None, [invitation.email])
    except (OSError, smtplib.SMTPException) as wrong:
        logger.warning("An invitation could not be mailed: %s", type(wrong).__name__)
        return False
    return sent == 1
