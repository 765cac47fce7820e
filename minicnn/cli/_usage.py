"""What all commands share: exit codes, the error of a wrong command line, arguments that are numbers."""

import argparse
from collections.abc import Iterable

from minicnn import _checks

EXIT_OK, EXIT_ERROR, EXIT_USAGE, EXIT_INTERRUPTED = 0, 1, 2, 130

EXIT_CODES = """exit codes:
  0    done
  1    what the command line names is missing, damaged or does not fit; the message says what to do
  2    the command line is wrong: an unknown option or name
  130  interrupted
"""


class UsageError(_checks.MinicnnError):
    """The command line itself is wrong."""


def unknown(kind: str, name: str, known: Iterable[str], cure: str = "") -> UsageError:
    """The error for a name nobody knows, with the nearest known one, and what else might have been meant."""
    return UsageError(" ".join(filter(None, [str(_checks.unknown(kind, name, known)), cure])))


def epilog(examples: str) -> str:
    """What stands at the end of a command's help."""
    return f"{examples.rstrip()}\n\n{EXIT_CODES}"


def positive(text: str) -> int:
    """An argument that is a whole number of at least 1."""
    return _at_least(text, 1)


def not_negative(text: str) -> int:
    """An argument that is a whole number of at least 0."""
    return _at_least(text, 0)


def _at_least(text: str, minimum: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = minimum - 1
    if number < minimum:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least {minimum}, received {text!r}")
    return number
