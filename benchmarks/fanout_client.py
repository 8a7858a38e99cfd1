"""A thousand sockets in one process for `benchmarks.fanout`: they only note when something arrives.

A WebSocket client library would spend more on a frame than the server does, so this reads frames by hand.
"""

import asyncio
import json
import statistics
import sys
import time
from contextlib import suppress
from typing import Any

import httpx
import uvloop

from benchmarks.site import percentiles

HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PATIENCE_SECONDS = 5.0
TEXT, PING, PONG = 0x1, 0x9, 0xA
LISTEN = b'{"type":"listen","topic":"benchmark"}'


class Crowd:
    """All sockets: how many are ready, and when this round's text came to each."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.ready = asyncio.Semaphore(0)
        self.arrivals: list[float] = []
        self.complete = asyncio.Event()

    def hear(self, text: bytes) -> None:
        if text.startswith((b'{"type":"fragments"', b'{"type": "fragments"')):
            self.arrivals.append(time.perf_counter())
            if len(self.arrivals) == self.size:
                self.complete.set()
        elif text.startswith(b'{"type":"listening"'):
            self.ready.release()


class Socket(asyncio.Protocol):
    def __init__(self, crowd: Crowd, address: str) -> None:
        self._crowd = crowd
        self._address = address
        self._buffer = b""
        self._open = False

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.write(HANDSHAKE.format(address=self._address).encode())

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._open:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head:
                sys.exit(f"The socket was refused: {head[:80]!r}")
            self._open, self._buffer = True, rest
            self._send(TEXT, LISTEN)
        while self._take_frame():
            pass

    def _take_frame(self) -> bool:
        buffer = self._buffer
        if len(buffer) < 4:  # none of these is as short as that
            return False
        size, start = buffer[1], 2
        if size == 126:
            size, start = int.from_bytes(buffer[2:4], "big"), 4
        if len(buffer) < start + size:
            return False
        payload, self._buffer = buffer[start : start + size], buffer[start + size :]
        if buffer[0] & 0xF == TEXT:
            self._crowd.hear(payload)
        elif buffer[0] & 0xF == PING:
            self._send(PONG, payload)
        return True

    def _send(self, opcode: int, payload: bytes) -> None:
        # A client has to mask; a mask of zeros is one.
        self._transport.write(bytes([0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0]) + payload)


async def main(address: str, size: int, seconds: float) -> dict[str, float]:
    crowd = Crowd(size)
    async with httpx.AsyncClient(base_url=f"http://{address}", timeout=60) as sender:
        empty = await _server(sender)
        connected = await _connect(crowd, address)
        full = await _server(sender)
        await _round(crowd, sender, 0)  # the first one warms the way
        before = await _server(sender)
        rounds = [await _round(crowd, sender, 1)]
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline or len(rounds) < 10:
            await asyncio.sleep(0.1)
            rounds.append(await _round(crowd, sender, len(rounds) + 1))
        cpu = (await _server(sender))["cpu"] - before["cpu"]
    milliseconds = {name: statistics.median(one[name] for one in rounds) for name in ("p50", "p99", "last")}
    return {f"{name}_ms": round(value, 1) for name, value in milliseconds.items()} | {
        "cpu_seconds_per_10k": round(cpu / (len(rounds) * size) * 10_000, 3),
        "kb_per_socket": round((full["resident"] - empty["resident"]) / size, 1),
        "connects_per_second": round(size / connected),
        "rounds": len(rounds),
        "lost": round(sum(one["lost"] for one in rounds)),
    }


async def _server(sender: httpx.AsyncClient) -> dict[str, float]:
    """The processor time and the memory it has taken."""
    figures: dict[str, float] = (await sender.get("/cpu")).json()
    return figures


async def _connect(crowd: Crowd, address: str) -> float:
    """Open all sockets, fifty at a time, until each listens; the seconds that took."""
    host, port = address.split(":")
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    for _ in range(crowd.size // 50):
        connecting = (loop.create_connection(lambda: Socket(crowd, address), host, int(port)) for _ in range(50))
        await asyncio.gather(*connecting)
    for _ in range(crowd.size):
        await crowd.ready.acquire()
    return time.perf_counter() - started


async def _round(crowd: Crowd, sender: httpx.AsyncClient, number: int) -> dict[str, float]:
    crowd.arrivals.clear()
    crowd.complete.clear()
    started = time.perf_counter()
    posting = asyncio.create_task(sender.post(f"/send/{number}"))
    with suppress(TimeoutError):  # what has not come by then is lost
        await asyncio.wait_for(crowd.complete.wait(), PATIENCE_SECONDS)
    await posting
    took = [(arrival - started) * 1000 for arrival in crowd.arrivals]
    return percentiles(took) | {"last": max(took), "lost": crowd.size - len(took)}


if __name__ == "__main__":
    figures = uvloop.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
    print(json.dumps(figures))
