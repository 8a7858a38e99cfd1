"""What every answer carries, and how a refusal becomes an answer."""

from collections.abc import Callable
from contextlib import closing

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

from chameleon import problems
from chameleon.headers import GUARDS
from kit.errors import NotThere, Problem, TooLarge

View = Callable[[HttpRequest], HttpResponse]


class HeadersMiddleware:
    """What a browser may do with our pages, and where they may be kept. Django sends HSTS."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in GUARDS.items():
            response.headers.setdefault(name, value)
        if problems.is_for_programs(request) or getattr(request, "membership", None):
            # What somebody works on has no place in the cache of a shared computer.
            response.headers.setdefault("Cache-Control", "no-store")
        return response


class PageGzipMiddleware(GZipMiddleware):
    """Pages and fragments leave compressed: a queue of fifty is then 8 KB on a phone.

    Only they: a stream must not wait in a buffer, and answers to programs are small. The one secret in a page is
    the CSRF token, which Django masks anew in every answer; the random bytes of GZipMiddleware blur the length.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = not response.streaming and response.headers.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response


class StaticMiddleware(WhiteNoiseMiddleware):
    """WhiteNoise, each file as a whole: under ASGI Django reads a streamed one to its end as well, and complains."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:  # type: ignore[override]
        streamed = WhiteNoiseMiddleware.serve(static_file, request)  # type: ignore[no-untyped-call]
        with closing(streamed):
            body = b"".join(streamed.streaming_content)
        response = HttpResponse(body, status=streamed.status_code)
        del response.headers["Content-Type"]
        for name, value in streamed.items():
            response.headers[name] = value
        return response


class ProblemMiddleware:
    """A Problem raised in a page becomes a page; whatever goes wrong under /api/ becomes a problem document."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if problems.is_for_programs(request):
            return problems.as_document(response)
        patch_vary_headers(response, ["HX-Request"])
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, RequestDataTooBig):
            exception = TooLarge(str(problems.TOO_LARGE))
        if isinstance(exception, Problem):
            return problems.answer(request, exception)
        return None


class SlashMiddleware:
    """Paths under /api/ and /scim/ have no trailing slash; with one they work, too."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if problems.is_for_programs(request) or request.path_info.startswith("/scim/"):
            request.path_info = request.path_info.rstrip("/")
        return self.get_response(request)


class PasswordsMiddleware:
    """Where nobody signs in with a password, nobody sets, changes or forgets one either."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: View, *_named: object) -> HttpResponse | None:
        name = (request.resolver_match.url_name if request.resolver_match else "") or ""
        if not settings.PASSWORDS and name.startswith("account_") and "password" in name:
            return problems.answer(request, NotThere(gettext("Nobody signs in with a password here.")))
        return None
