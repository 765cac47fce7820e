"""``minicnn evaluate``: how good a trained model is."""

import argparse
from typing import Any

from minicnn import _checks
from minicnn.cli import _usage, loading, networks, sources
from minicnn.cli.judging import BATCH, errors_by_class, judge
from minicnn.cli.loading import Trained
from minicnn.cli.sources import Data, Part

EXAMPLES = """examples:
  minicnn evaluate runs/lenet5-1                  on the images that the run held out
  minicnn evaluate runs/lenet5-1 --data mnist     on the 10,000 test digits of MNIST
  minicnn evaluate lenet5                         the LeNet-5 that comes with the package, likewise
  minicnn evaluate model.npz --data pictures      on pictures in a folder for each class
"""


def add_command(commands: Any) -> None:
    """Put ``evaluate`` on the command line."""
    parser = commands.add_parser(
        "evaluate", help="judge a trained model", epilog=_usage.epilog(EXAMPLES),
        description="Print the loss and the accuracy of a trained model, and which classes it takes for which. Of a "
                    "data set the held-out part counts, and so it does of the folder that the run was trained on; of "
                    "any other folder all pictures count.", formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", metavar="RUN|MODEL", help="a folder left by 'minicnn train', a saved model, or one "
                        f"that comes with the package: {', '.join(loading.PACKAGED)}")
    parser.add_argument("--data", metavar="DATA", help=f"{', '.join(sources.KNOWN)}, or a folder with a folder of "
                                                       "pictures for each class (default: the run's)")
    loading.add_code_option(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> None:
    """Print the figures."""
    trained = loading.load(options.model, options.code)
    name = options.data or (trained.record and trained.record.data)
    if not name:
        raise _checks.error(f"evaluate {options.model}", "nothing is recorded about this model's data",
                            cure="Say what to judge it on, for example --data digits.")
    data = sources.load(name, trained.record.seed if trained.record else 0)
    part, words = chosen(data, trained)
    classes = trained.classes if trained.record else data.classes
    networks.check_outputs(trained.model, len(classes))
    part = sources.renumbered(part, data.classes, classes)
    print(f"{trained.name} on {len(part):,} {data.what}{words}\n")
    print(f"Loss {loss(trained, part, data.pictures):.4f}")
    judged = judge(trained.model, part, trained.preparation(data.pictures))
    print(f"Accuracy {judged.accuracy}\n\n{errors_by_class(judged, classes)}")


def chosen(data: Data, trained: Trained) -> tuple[Part, str]:
    """What to judge on: nothing that the run was trained on, as far as that is known; and words about it."""
    record = trained.record
    at_home = record is not None and record.data == data.name
    if data.name not in sources.KNOWN and not at_home:
        return sources.everything(data), ""
    if data.name == "digits" and record is not None and record.data == "mnist":
        return data.held, ".\nThey belong to MNIST's training images: this model was trained on them"
    if at_home and record is not None and len(data.train) != record.trained_on:
        return data.held, ".\nThe folder has changed since the training: the model was trained on some of them"
    return data.held, ", held out"


def loss(trained: Trained, part: Part, pictures: str) -> float:
    """The mean loss over the images, by the model's own loss or a fitting one."""
    model = trained.model
    if model.compiled is None:
        model.compile("sgd", networks.fitting_loss(model))
    feed = part.feed(trained.preparation(pictures), BATCH, lambda labels: networks.targets(model, labels))
    figures = model.evaluate(feed, verbose=0, return_dict=True)
    assert isinstance(figures, dict)
    return figures["loss"]
