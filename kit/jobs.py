"""Work for later: a job row in the caller's transaction, run by the worker after commit."""

from typing import Any

from procrastinate.contrib.django import app


def defer(task: str, **arguments: Any) -> None:
    """Queue a task by name. A rollback leaves no job behind."""
    app.configure_task(task, allow_unknown=False).defer(**arguments)


def defer_many(task: str, calls: list[dict[str, Any]]) -> None:
    """The same once for each of these calls, in one statement."""
    app.configure_task(task, allow_unknown=False).batch_defer(*calls)
