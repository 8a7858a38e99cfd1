"""Coming in by an invitation. Opening its link shows what it is; only a POST accepts it.

The secret is taken out of the address at once, as the framework does with the link that resets a password: what stays
in the session is its digest, and no page that a browser shows has it in its address, its history or its Referer.
"""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import actions
from accounts.forms import JoinForm
from accounts.models import Invitation, Membership, Pilot, digest_of
from accounts.queries import ACTIVE_ORGANIZATION, invitation_of
from kit.errors import Problem

OPENED = "invitation"  # session key: the digest of the secret somebody came with
PASSWORDS = "django.contrib.auth.backends.ModelBackend"  # how whoever has just chosen one is signed in


@login_not_required
@never_cache
@require_safe
def opening(request: HttpRequest, secret: str) -> HttpResponse:
    """What the link leads to: it is remembered, and told on a page whose address says nothing."""
    digest = digest_of(secret)
    request.session.pop(OPENED, None)
    if invitation_of(digest) is not None:  # who only guesses leaves no session behind
        request.session[OPENED] = digest
    answer = redirect("accounts:invitation")
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Who invites to what; posted, it is accepted: by who is signed in, else with a new account."""
    if request.method != "POST":
        return _invitation(request)
    digest = request.session.get(OPENED, "")
    if isinstance(request.user, Pilot):
        return _joined(request, actions.join(digest, request.user))
    form = JoinForm(request.POST)
    if not form.is_valid():
        return _invitation(request, form=form)
    membership = actions.join_anew(digest, **form.cleaned_data)
    login(request, membership.pilot, backend=PASSWORDS)
    return _joined(request, membership)


def _joined(request: HttpRequest, membership: Membership) -> HttpResponse:
    request.session.pop(OPENED, None)
    request.session[ACTIVE_ORGANIZATION] = membership.organization_id
    messages.success(request, _("You are a member of %(name)s now.") % {"name": membership.organization.name})
    return redirect("interventions:queue")


def _invitation(request: HttpRequest, problem: Problem | None = None, form: JoinForm | None = None) -> HttpResponse:
    found = invitation_of(request.session.get(OPENED, ""))
    context = {
        "invitation": found,
        "is_good": found is not None and _is_good(found),
        "problem": problem,
        "form": form or JoinForm(request.POST if problem else None),
    }
    status = problem.status if problem else 422 if form else 200 if found else 404
    return render(request, "accounts/invitation.html", context, status=status)


def _is_good(found: Invitation) -> bool:
    return found.accepted_at is None and found.withdrawn_at is None and not found.is_expired(timezone.now())


invitation.refused = _invitation  # type: ignore[attr-defined]
