"""``minicnn summary``: the table of a network, with parameters and connections."""

import argparse
from pathlib import Path
from typing import Any

from minicnn import models
from minicnn.cli import _usage, loading
from minicnn.cli.recipes import RECIPES
from minicnn.cli.sources import DIGITS

EXAMPLES = """examples:
  minicnn summary lenet5
  minicnn summary runs/lenet5-1
  minicnn summary model.npz
"""


def add_command(commands: Any) -> None:
    """Put ``summary`` on the command line."""
    parser = commands.add_parser(
        "summary", help="print the table of a network", description="Print the layers of a network with their "
        "output shapes, parameters and connections.", formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_usage.epilog(EXAMPLES))
    parser.add_argument("network", metavar="NETWORK|RUN|FILE",
                        help=f"{', '.join(RECIPES)}, a folder left by 'minicnn train', or a saved model")
    loading.add_code_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the table."""
    if options.network in RECIPES:
        model: models.Model = RECIPES[options.network].build(DIGITS)
    elif Path(options.network).exists():
        model = loading.load(options.network, options.code).model
    else:
        raise _usage.unknown("network", options.network, RECIPES, "Nor is there a run or a file of this name.")
    model.summary(columns=("connections",))
