"""This process in Prometheus' text format (exposition format 0.0.4): of the machine, nothing of any organization."""

import asyncio
import logging

from interventions.queries.stops import stops_everywhere
from kit.database import OrmThreads
from live.fresh import Fresh
from live.hub import the_hub

logger = logging.getLogger(__name__)

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# The hub's figure, its name and type for Prometheus, and what it means.
METRICS = (
    ("connections", "chameleon_live_connections", "gauge", "Open WebSockets."),
    ("listeners", "chameleon_live_listeners", "gauge", "Topics that open WebSockets listen to."),
    ("watches", "chameleon_held_calls", "gauge", "Calls that are held until something changes."),
    ("hints", "chameleon_live_hints_total", "counter", "Changes heard of on the bus."),
    ("lost", "chameleon_live_bus_lost_total", "counter", "Times the bus was lost and taken up again."),
    ("renders", "chameleon_live_renders_total", "counter", "Fragments rendered, once for each audience."),
    ("sent", "chameleon_live_frames_total", "counter", "Frames sent to WebSockets."),
    ("dropped", "chameleon_live_dropped_total", "counter", "WebSockets dropped because they stopped reading."),
)

PATIENCE = 2.0  # seconds for the database: what a monitor asks when it is down is worth an answer without it

_threads = OrmThreads("metrics", 1)
_stops: Fresh[str, int] = Fresh(lambda _all: stops_everywhere())


async def exposition() -> bytes:
    """The figures of this process' hub, one family a metric; and the stops, which are of the whole installation."""
    hub = the_hub()
    figures = hub.figures()
    families = [_family(name, kind, meaning, figures[figure]) for figure, name, kind, meaning in METRICS]
    families.append(_family("chameleon_live_bus_up", "gauge", "1 while the bus stands.", int(hub.is_listening)))
    stops = await _stops_in_force()
    if stops is not None:
        families.append(_family("chameleon_stops_in_force", "gauge", "Kill switches that are on.", stops))
    return "".join(families).encode()


async def _stops_in_force() -> int | None:
    try:
        async with asyncio.timeout(PATIENCE):
            return await _stops.get("", _threads)
    except Exception as error:
        logger.warning("The stops in force could not be counted: %s", error)
        return None


def _family(name: str, kind: str, meaning: str, value: int) -> str:
    return f"# HELP {name} {meaning}\n# TYPE {name} {kind}\n{name} {value}\n"
