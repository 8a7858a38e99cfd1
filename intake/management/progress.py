"""How far a long command is: a bar for a person at a terminal, nothing in a log file."""

import time
from types import TracebackType
from typing import Self

from django.core.management.base import OutputWrapper

WIDTH = 30
REDRAW_SECONDS = 0.1
CLEAR = "\r\x1b[K"


class Progress:
    """Use as a context manager; the bar is gone when it ends."""

    def __init__(self, stream: OutputWrapper) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._started = time.monotonic()
        self._drawn = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def show(self, done: float, words: str) -> None:
        """Draw the bar, `done` from 0 to 1."""
        now = time.monotonic()
        if not self._is_terminal or now - self._drawn < REDRAW_SECONDS:
            return
        self._drawn = now
        filled = round(done * WIDTH)
        bar = "█" * filled + "░" * (WIDTH - filled)
        self._write(f"{CLEAR}{bar} {done:4.0%}  {words}, {_left(now - self._started, done)}")

    def say(self, text: str) -> None:
        """A line that stays."""
        self._clear()
        self._write(f"{text}\n")

    def _clear(self) -> None:
        if self._is_terminal:
            self._write(CLEAR)

    def _write(self, text: str) -> None:
        self._stream.write(text, style_func=str, ending="")
        self._stream.flush()


def _left(passed: float, done: float) -> str:
    if done <= 0:
        return "starting"
    seconds = passed / done - passed
    return f"{seconds / 60:.0f} min left" if seconds >= 90 else f"{seconds:.0f} s left"
