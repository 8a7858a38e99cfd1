"""`bin/bench [NAME ...] [--seconds S]`: run each measurement in a process of its own, and print one JSON object."""

import argparse
import json
import subprocess
import sys

NAMES = ("guardians", "submit", "path", "pages", "stops", "fanout", "keys")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bin/bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES)}; all without one")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each load lasts")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(NAMES)
    if unknown:
        parser.error(f"there is no measurement “{unknown.pop()}”")
    figures = {name: _run(name, asked.seconds) for name in asked.names or NAMES}
    print(json.dumps(figures, indent=2))


def _run(name: str, seconds: float) -> object:
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", "--seconds", str(seconds)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return json.loads(done.stdout) if done.returncode == 0 else {"failed": done.returncode}


if __name__ == "__main__":
    main()
