"""One line for each thing worth saying, and nothing in it that opens a door."""

import logging
import re
import time

# API keys and JWTs by their place, passwords and invitations in addresses, and what calls itself a secret.
SECRETS = re.compile(
    r"(?i)(bearer\s+|basic\s+|/invitations/(?=[\w-]{40})|(?:password|passwd|secret|token|api_?key)[\"']?\s*[=:]\s*[\"']?|://[^/\s:@]*:)[^\s\"',&@]+"
)


class WithoutSecrets(logging.Filter):
    """Blots out secrets in what is about to be written, traceback included."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg = SECRETS.sub(r"\1…", record.getMessage())
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = SECRETS.sub(r"\1…", logging.Formatter().formatException(record.exc_info))
        return True


class Line(logging.Formatter):
    """time level logger: message, in UTC: lines of several machines sort together."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
