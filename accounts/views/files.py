"""Files that are sent part by part as they are read."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse


def as_file(request: HttpRequest, parts: Iterator[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    """An answer that the browser saves under this name."""
    content = _handed_over(parts) if isinstance(request, ASGIRequest) else parts
    answer = StreamingHttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


async def _handed_over(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """One part at a time: given the iterator itself, Django would read all of it before it sends the first."""
    while (part := await sync_to_async(next)(parts, None)) is not None:
        yield part
