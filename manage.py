#!/usr/bin/env python
"""Django's command line, with the project's database running. `bin/manage` calls it in the right environment."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext

WITHOUT_DATABASE = {"help", "--help", "-h", "version", "--version", "collectstatic", "compilemessages", "makemessages"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chameleon.settings")
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if command == "runserver":
        os.environ.setdefault("CHAMELEON_DEBUG", "1")
    with database(command):
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


def database(command: str) -> AbstractContextManager[object]:
    from chameleon.launch import database_at_hand

    return nullcontext() if command in WITHOUT_DATABASE else database_at_hand()


if __name__ == "__main__":
    main()
