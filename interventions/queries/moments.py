"""How a time is told to programs."""

from datetime import UTC, datetime


def moment(at: datetime | None) -> str | None:
    """RFC 3339 in UTC."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
