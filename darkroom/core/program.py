"""Running a program's ``main``: whatever goes wrong ends in one line and an exit status."""

import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence

from darkroom.core.errors import UserError
from darkroom.core.one_line import escape_controls


def describe(error: Exception) -> str:
    """Return in a line what a user can mend; what nobody expected is printed with where it came from."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full ({error.filename or 'while writing'}); free some space and run again"
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    traceback.print_exception(error)
    return " ".join(f"unexpected {type(error).__name__}: {error}".split())


def run(main: Callable[[Sequence[str]], None]) -> None:
    """Run ``main`` with the command line's arguments, and end whatever goes wrong in one line and exit status 1."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's end leaves no half-written file either
    try:
        main(sys.argv[1:])
    except BrokenPipeError:  # whoever read what is printed is gone; what was to be made is not
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except Exception as error:
        sys.exit(f"error: {escape_controls(describe(error))}")
    except KeyboardInterrupt:
        sys.exit(130)
