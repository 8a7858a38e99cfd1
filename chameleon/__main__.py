"""`python -m chameleon up`: what bin/up runs once everything is installed."""

import os
import sys
import threading

from chameleon.launch import up

LAST_SECONDS = 0.5


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chameleon.settings")
    said = [word for word in sys.argv[1:] if word != "--demo"]
    if said not in ([], ["up"]):
        sys.exit("There is only “up”, and “up --demo”. For everything else there is manage.py.")
    code = up(demo="--demo" in sys.argv[1:])
    _leave_behind_threads(code)
    sys.exit(code)


def _leave_behind_threads(code: int) -> None:
    """All is put away. Python would wait for each thread that still asks a database which does not answer."""
    end = threading.Timer(LAST_SECONDS, os._exit, [code])
    end.daemon = True
    end.start()


if __name__ == "__main__":
    main()
