"""``minicnn count``: every number about a network, with its arithmetic."""

import argparse
from pathlib import Path
from typing import Any

from minicnn import visualize
from minicnn.applications import NETWORKS
from minicnn.cli import _usage, loading
from minicnn.counting import Count, as_text, compared
from minicnn.counting import count as count_model
from minicnn.counting.tables import FORMATS, LAYER_COLUMNS

EXAMPLES = """examples:
  minicnn count lenet5
  minicnn count lenet5 --explain
  minicnn count lenet5 lenet5-modern
  minicnn count --all --format markdown
  minicnn count model.npz --format csv
  minicnn count lenet5 --plot lenet5.png
"""


def add_command(commands: Any) -> None:
    """Put ``count`` on the command line."""
    parser = commands.add_parser(
        "count", help="count parameters, connections, multiply-accumulates, ...", description="Count parameters, "
        "LeCun's connections, multiply-accumulates, memory and receptive fields, layer by layer; or the totals of "
        "several networks side by side.", formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=_usage.epilog(EXAMPLES))
    parser.add_argument("networks", nargs="*", metavar="NAME|RUN|FILE",
                        help=f"{', '.join(NETWORKS)}, a folder left by 'minicnn train', or a saved model")
    parser.add_argument("--all", action="store_true", help="all the networks of minicnn.applications")
    parser.add_argument("--explain", action="store_true", help="the arithmetic of every number, and its rule in words")
    parser.add_argument("--wide", action="store_true", help="all columns in a table, too")
    parser.add_argument("--format", choices=[*FORMATS], default="table", help="how to write the table")
    parser.add_argument("--plot", metavar="FILE", help="also write a picture (.png, .svg or .pdf): bars of "
                                                       "the layers, or several networks as points")
    loading.add_code_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the table or the explanations."""
    names = list(dict.fromkeys([*options.networks, *(NETWORKS if options.all else ())]))
    if not names:
        raise _usage.UsageError("count: no network is named. Name one, or several, or give --all.")
    counts = [_counted(name, options.code) for name in names]
    print(_text(counts, options), end="")
    if options.plot is not None:
        if len(counts) == 1:
            visualize.layer_figures(counts[0], save=options.plot)
        else:
            visualize.network_figures(counts, save=options.plot)


def _counted(name: str, code: str | None) -> Count:
    if name in NETWORKS:
        return count_model(NETWORKS[name]())
    if Path(name).exists():
        return count_model(loading.load(name, code).model)
    raise _usage.unknown("network", name, NETWORKS, "Nor is there a run or a file of this name.")


def _text(counts: list[Count], options: argparse.Namespace) -> str:
    if options.explain:
        return "\n".join(f"{counted.name}\n{'=' * len(counted.name)}\n{counted.explain()}\n" for counted in counts)
    if len(counts) > 1:
        return compared(counts, options.format)
    return as_text(counts[0], options.format, [*LAYER_COLUMNS] if options.wide else None)
