"""What is kept about a person: taken out as a file, or erased."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import actions
from accounts.forms import ReasonForm, cleaned
from accounts.models import Pilot
from accounts.queries import pilot_there, platform_administrator, refuse_unless_managing
from accounts.queries.dossier import dossier, member_ever
from accounts.views import actor_of
from accounts.views.files import as_file
from kit.errors import Problem


@require_safe
def own_data(request: HttpRequest) -> StreamingHttpResponse:
    """Everything about oneself, of every organization one is or was a member of."""
    actor = actor_of(request)
    actions.export_person(actor, actor=actor)
    mine = list(actor.pilot.memberships.values_list("pk", flat=True))
    return _file(request, actor.pilot, mine, whole=True)


@require_safe
def member_data(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """Everything about a member that is this organization's."""
    actor = actor_of(request)
    member = member_ever(pk, actor)
    actions.export_person(member, actor=actor)
    return _file(request, member.pilot, [member.pk], whole=False)


def _file(request: HttpRequest, pilot: Pilot, memberships: list[int], *, whole: bool) -> StreamingHttpResponse:
    name = f"person-{pilot.pk}-{timezone.localdate():%Y-%m-%d}.json"
    return as_file(request, dossier(pilot, memberships, whole=whole), name, "application/json")


@require_http_methods(["GET", "HEAD", "POST"])
def member_erasure(request: HttpRequest, pk: int) -> HttpResponse:
    """Erase a member, for those who manage members: what goes and what stays, and why."""
    actor = actor_of(request)
    if request.method != "POST":
        return _member_erasure(request, pk=pk)
    refuse_unless_managing(actor)
    found = member_ever(pk, actor)
    pseudonym = actions.erase_member(found, **cleaned(ReasonForm(request.POST)), actor=actor)
    return _erased(request, pseudonym, "accounts:members")


def _member_erasure(request: HttpRequest, problem: Problem | None = None, *, pk: int) -> HttpResponse:
    refuse_unless_managing(actor_of(request))
    pilot = member_ever(pk, actor_of(request)).pilot
    return _confirmation(request, pilot, problem, back="accounts:members")


@reauthentication_required
@require_http_methods(["GET", "HEAD", "POST"])
def erasure(request: HttpRequest, pk: int) -> HttpResponse:
    """Erase somebody from the whole installation, for platform administrators."""
    administrator = platform_administrator(request.user)
    if request.method != "POST":
        return _erasure(request, pk=pk)
    pseudonym = actions.erase_pilot(pilot_there(pk), by=administrator, **cleaned(ReasonForm(request.POST)))
    return _erased(request, pseudonym, "accounts:pilots")


def _erasure(request: HttpRequest, problem: Problem | None = None, *, pk: int) -> HttpResponse:
    platform_administrator(request.user)
    return _confirmation(request, pilot_there(pk), problem, back="accounts:pilots")


member_erasure.refused = _member_erasure  # type: ignore[attr-defined]
erasure.refused = _erasure  # type: ignore[attr-defined]


def _confirmation(request: HttpRequest, pilot: Pilot, problem: Problem | None, *, back: str) -> HttpResponse:
    context = {"pilot": pilot, "problem": problem, "said": request.POST if problem else {}, "back": back}
    return render(request, "accounts/erasure.html", context, status=problem.status if problem else 200)


def _erased(request: HttpRequest, pseudonym: str, back: str) -> HttpResponse:
    said = _("Erased. What they did stands on record under the name %(name)s.")
    messages.success(request, said % {"name": pseudonym})
    return redirect(back)
