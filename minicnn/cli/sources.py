"""What ``--data`` names: data sets and folders of pictures, to train on and to judge by."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minicnn import _checks
from minicnn._types import Array
from minicnn.cli import _usage
from minicnn.cli.preparation import WHOLE, Preparation
from minicnn.datasets._directory import image_dataset_from_directory
from minicnn.feeding import ArrayFeed

DIGITS = tuple("0123456789")
HELD_OUT = 0.2
"""The part of a folder that is not trained on."""


@dataclass(frozen=True)
class Part:
    """Some images: bytes (N, H, W), or the names of picture files (N,), which are read when their batch is due."""

    items: Array
    labels: Array

    def __len__(self) -> int:
        return len(self.labels)

    def feed(self, preparation: Preparation, batch_size: int, targets: Callable[[Array], Array] = np.asarray,
             augment: Callable[[Array, np.random.Generator], Array] | None = None, shuffle: bool = False) -> ArrayFeed:
        """Batches as the network wants them: bytes become numbers when a batch is cut."""
        def transform(items: Array, rng: np.random.Generator) -> Array:
            images = preparation.images(items)
            return preparation.scale(images if augment is None else augment(images, rng))

        return ArrayFeed(self.items, targets(self.labels), batch_size=batch_size, shuffle=shuffle, transform=transform)


@dataclass(frozen=True)
class Data:
    """Images of named classes in two parts."""

    name: str
    """What ``--data`` said; of a folder the whole path, so that the run finds it from anywhere."""
    what: str
    """What the images are, in the plural."""
    classes: tuple[str, ...]
    train: Part
    held: Part
    pictures: str
    """How a picture file becomes an image like these; see `Preparation.pictures`."""


@dataclass(frozen=True)
class Known:
    """A data set of this package: its module, what it shows, how pictures are made alike, and its classes."""

    module: str
    what: str
    pictures: str
    classes: tuple[str, ...] | None = DIGITS


KNOWN = {"digits": Known("digits", "digits", "digit"), "mnist": Known("mnist", "digits of MNIST", "digit"),
         "fashion-mnist": Known("fashion_mnist", "garments of Fashion-MNIST", "thing", None)}


def load(name: str, seed: int = 0) -> Data:
    """The data of this name, or the pictures of this folder; ``seed`` chooses those that a folder holds out."""
    if name in KNOWN:
        return _known(name)
    if not Path(name).expanduser().exists():
        raise _usage.unknown("--data", name, KNOWN, "Nor is there a folder of this name.")
    return _folder(Path(name).expanduser(), seed)


def _known(name: str) -> Data:
    known = KNOWN[name]
    module = importlib.import_module(f"minicnn.datasets.{known.module}")
    (images, labels), (held_images, held_labels) = module.load_data()
    return Data(name, known.what, tuple(known.classes or module.CLASS_NAMES), Part(images, labels),
                Part(held_images, held_labels), known.pictures)


def _folder(folder: Path, seed: int) -> Data:
    train, held = image_dataset_from_directory(folder, validation_split=HELD_OUT, subset="both", seed=seed)
    first, second = (Part(np.array(part.file_paths), part.labels) for part in (train, held))
    return Data(str(folder.resolve()), f"pictures of {str(folder)!r}", tuple(train.class_names), first, second, WHOLE)


def everything(data: Data) -> Part:
    """Both parts of a folder, by name: whatever was held out, the order is the same."""
    items = np.concatenate([data.train.items, data.held.items])
    labels = np.concatenate([data.train.labels, data.held.labels])
    order = np.argsort(items)
    return Part(items[order], labels[order])


def renumbered(part: Part, classes: Sequence[str], wanted: Sequence[str]) -> Part:
    """The part with its classes numbered as a model numbers them."""
    strangers = [name for name in classes if name not in wanted]
    if strangers:
        raise _checks.error("--data", f"the model does not know the class {strangers[0]!r}",
                            f"classes out of {', '.join(wanted)}", ", ".join(classes))
    number = np.array([wanted.index(name) for name in classes])
    return Part(part.items, number[part.labels])


