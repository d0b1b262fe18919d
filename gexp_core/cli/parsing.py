"""What reads a command line, and whole numbers on it; a wrong one is told in a sentence."""

import argparse
import sys
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """Report a wrong option in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Write the sentence to standard error and leave with exit code 2."""
        sys.stderr.write(f"gexp: {message}; see `{self.prog} --help`\n")
        raise SystemExit(2)


def whole(least: int) -> Any:
    """Return a reader of whole numbers from ``least`` for argparse."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least}")
        return value

    return read
