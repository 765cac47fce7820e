"""The command ``minicnn``."""

import argparse
import sys
from collections.abc import Sequence

from minicnn import __version__, _checks
from minicnn.cli import count, evaluate, predict, reproduce, summary, train, visualize
from minicnn.cli._usage import EXIT_ERROR, EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, UsageError, epilog

EXAMPLES = """examples:
  minicnn train lenet5
  minicnn train lenet5-modern --data mnist --augment light
  minicnn evaluate runs/lenet5-1
  minicnn predict three.png
  minicnn visualize runs/lenet5-1
  minicnn reproduce lenet5 --data digits --passes 2
  minicnn summary lenet5
  minicnn count lenet5 --explain

'minicnn COMMAND --help' tells more.
"""


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog="minicnn", description="The convolutional network you can read, count, check and see through.",
        epilog=epilog(EXAMPLES), formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=f"minicnn {__version__}")
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    for module in (train, evaluate, predict, visualize, reproduce, summary, count):
        module.add_command(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0 done, 1 an error told in words, 2 wrong usage, 130 interrupted."""
    options = parser().parse_args(arguments)
    try:
        options.run(options)
    except _checks.MinicnnError as problem:
        print(f"minicnn: {problem}", file=sys.stderr)
        return EXIT_USAGE if isinstance(problem, UsageError) else EXIT_ERROR
    except KeyboardInterrupt:
        print("\nminicnn: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    return EXIT_OK
