"""``minicnn summary``: the table of a network, with parameters and connections."""

import argparse
from pathlib import Path
from typing import Any

from minicnn import _checks, models
from minicnn.cli import recipes, run_folder


def add_command(commands: Any) -> None:
    """Put ``summary`` on the command line."""
    parser = commands.add_parser(
        "summary", help="print the table of a network", description="Print the layers of a network with their "
        "output shapes, parameters and connections.", formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="examples:\n  minicnn summary lenet5\n  minicnn summary runs/lenet5-1\n  minicnn summary model.npz\n")
    parser.add_argument("network", metavar="NETWORK|RUN|FILE",
                        help=f"{', '.join(recipes.RECIPES)}, a folder left by 'minicnn train', or a saved model")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the table."""
    if options.network in recipes.RECIPES:
        model: models.Model = recipes.RECIPES[options.network].build()
    elif Path(options.network).exists():
        model = models.load_model(run_folder.find_model(options.network))
    else:
        raise _checks.unknown("network", options.network, [*recipes.RECIPES, "a run folder", "a model file"])
    model.summary(columns=("connections",))
