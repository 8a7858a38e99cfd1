"""What can be listened to: by programs, and by the pages that pilots have open."""

from interventions.topics import pages, people, program, stops

__all__ = ["pages", "people", "program", "stops"]
