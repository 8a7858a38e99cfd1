"""Say what is wrong with this installation, and how to mend it."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from chameleon.management.checkup import Finding, examine


class Command(BaseCommand):
    help = "Check the installation and say what to mend. Ends with 1 when something must be."
    requires_system_checks: list[str] = []  # it must run when they fail

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object instead.")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = examine()
        is_well = all(finding.state != "fail" for finding in findings)
        if options["json"]:
            self.stdout.write(json.dumps({"ok": is_well, "checks": [finding._asdict() for finding in findings]}))
        else:
            for finding in findings:
                self.stdout.write(self._line(finding))
        if not is_well:
            raise SystemExit(1)

    def _line(self, finding: Finding) -> str:
        paint = {"ok": self.style.SUCCESS, "warn": self.style.WARNING, "fail": self.style.ERROR}
        state = paint.get(finding.state, str)(f"{finding.state:<8}")
        mend = f"\n{'':<24}{finding.mend}" if finding.mend else ""
        return f"{state}{finding.name:<16}{finding.says}{mend}"
