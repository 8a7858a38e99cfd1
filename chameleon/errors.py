"""What stops the program before it can serve."""


class CannotStart(SystemExit):
    """One sentence for the person at the terminal.

    As a `SystemExit` it ends the program with that sentence on stderr and exit code 1, without a traceback,
    and every context manager on the way out still closes what it opened.
    """

    def __str__(self) -> str:
        return str(self.code)
