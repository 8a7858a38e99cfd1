"""Pages leave compressed; streams, answers to programs and what is small stay as they are."""

import gzip
from collections.abc import Callable, Iterator

import pytest
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import Client, RequestFactory

from accounts.models import Membership
from chameleon.middleware import PageGzipMiddleware

TAKES_GZIP = {"Accept-Encoding": "gzip, deflate, br"}


def through(response: HttpResponse | StreamingHttpResponse) -> HttpResponse | StreamingHttpResponse:
    request = RequestFactory().get("/", headers=TAKES_GZIP)
    return PageGzipMiddleware(lambda _request: response)(request)


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_a_page_is_compressed_for_whoever_takes_it(
    client_of: Callable[[Membership], Client], ada: Membership, headers: dict[str, str]
) -> None:
    page = client_of(ada).get("/", headers=TAKES_GZIP | headers)

    assert page.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page.headers["Vary"]
    assert b"</html>" in gzip.decompress(page.content)
    assert "Content-Encoding" not in client_of(ada).get("/").headers


def test_the_token_in_a_page_is_never_twice_the_same(
    client_of: Callable[[Membership], Client], ada: Membership
) -> None:
    client = client_of(ada)

    tokens = {client.get("/").context["csrf_token"] for _ in range(2)}

    assert len(tokens) == 2


def test_answers_to_programs_stay_as_they_are(client_of: Callable[[Membership], Client], ada: Membership) -> None:
    answer = client_of(ada).get("/api/schema", headers=TAKES_GZIP)

    assert len(answer.content) > 1000
    assert "Content-Encoding" not in answer.headers
    assert "Content-Encoding" not in through(JsonResponse({"long": "x" * 1000})).headers


def test_a_stream_is_not_kept_in_a_buffer() -> None:
    def lines() -> Iterator[str]:
        yield "a line\n" * 100

    answer = through(StreamingHttpResponse(lines(), content_type="text/html"))

    assert "Content-Encoding" not in answer.headers
    assert b"".join(answer.streaming_content) == b"a line\n" * 100  # type: ignore[union-attr, arg-type]


def test_what_is_short_is_not_worth_it() -> None:
    def page(_request: HttpRequest) -> HttpResponse:
        return HttpResponse("<p>Short.</p>")

    assert "Content-Encoding" not in through(page(RequestFactory().get("/"))).headers
