"""An agent as a stranger would write it: the HumanLayer SDK as published, and nothing of ours.

Run by tests in a process of its own, configured by HUMANLAYER_API_BASE and HUMANLAYER_API_KEY alone:
`python humanlayer_agent.py approval | question | option`. Writes one JSON line: what came back, and when.
"""

import json
import sys
import time

from humanlayer import HumanLayer, ResponseOption

humanlayer = HumanLayer(run_id="agent-demo")


@humanlayer.require_approval()
def send_email(to: str, subject: str) -> str:
    """Send a letter; here the sending is only said."""
    return f"sent “{subject}” to {to}"


def main(what: str) -> None:
    if what == "approval":
        returned = send_email(to="customer@example.org", subject="Your loan")
    else:
        options = [ResponseOption(name="red", title="Red", prompt_fill="Paint it red."), ResponseOption(name="blue")]
        ask = humanlayer.human_as_tool(response_options=options if what == "option" else None)
        try:
            returned = ask("Which colour does the customer want?")
        except Exception as refused:  # unlike the decorator, the tool leaves it to its framework
            returned = f"{type(refused).__name__}: {refused}"
    sys.stdout.write(json.dumps({"returned": returned, "at": time.time()}) + "\n")


main(sys.argv[1])
