"""JSON over a real socket, for tests."""

import asyncio
import json
from typing import Any

from websockets.asyncio.client import ClientConnection


async def said(page: ClientConnection) -> dict[str, Any]:
    frame: dict[str, Any] = json.loads(await asyncio.wait_for(page.recv(), 5))
    return frame


async def heard(page: ClientConnection, kind: str) -> dict[str, Any]:
    """The next frame of this type."""
    while (frame := await said(page))["type"] != kind:
        pass
    return frame


async def tell(page: ClientConnection, **frame: Any) -> None:
    await page.send(json.dumps(frame))


async def closing_code(page: ClientConnection) -> int | None:
    async with asyncio.timeout(5):
        await page.wait_closed()
    return page.close_code
