"""``python -m gexp_core``: run a command and turn what went wrong into an exit code.

0 is done, 2 is input or options that cannot be used, 130 is stopped by the person, 141 is a reader
of standard output that went away. Anything else that fails is a bug and shows its traceback.
"""

import os
import sys
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in ``argv`` (the process's own by default) and return its exit code."""
    from gexp_core.cli import signal
    from gexp_core.cli.arguments import parser
    from gexp_core.cli.terminal import note
    from gexp_core.errors import CancelledError, GexpError

    given = list(sys.argv[1:] if argv is None else argv)
    try:
        args = parser(train=given[:1] == ["train"]).parse_args(given)
        signal.check(args)  # whatever the command: a model without what it reads is no use
        code: int = args.call(args)
        sys.stdout.flush()
        return code
    except (KeyboardInterrupt, CancelledError):
        note("stopped; no file is left half written")
        return 130
    except GexpError as error:
        note(str(error))
        return 2
    except BrokenPipeError:
        # The reader has what it wanted. Python would complain again while closing the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
