"""What ``minicnn train`` trains: a recipe of ours, a function of yours, or a saved model."""

import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Protocol

from minicnn import _checks, activations, metrics, models
from minicnn._types import Array
from minicnn.cli import _usage, run_folder
from minicnn.cli.preparation import Preparation, gives_penalties, guess
from minicnn.cli.recipes import RECIPES, Recipe
from minicnn.losses import Loss, PenaltyMAP, SparseCategoricalCrossentropy
from minicnn.models import Model
from minicnn.optimizers import SGD
from minicnn.utils import to_categorical


class Network(Protocol):
    """What training needs of each of the three."""

    @property
    def title(self) -> str: ...
    @property
    def epochs(self) -> int: ...
    @property
    def batch_size(self) -> int: ...

    def model(self, classes: Sequence[str]) -> Model:
        """The model for classes of these names."""

    def preparation(self, model: Model, pictures: str) -> Preparation:
        """How its images are made."""

    def compile(self, model: Model, steps: int) -> None:
        """Settle how it is trained, in so many steps."""

    def describe(self, epochs: int, batch_size: int) -> str:
        """How it is trained, in words."""


@dataclass(frozen=True)
class OurNetwork:
    """One of `RECIPES`."""

    recipe: Recipe

    @property
    def title(self) -> str:
        """The recipe's."""
        return self.recipe.title

    @property
    def epochs(self) -> int:
        """The recipe's."""
        return self.recipe.epochs

    @property
    def batch_size(self) -> int:
        """The recipe's."""
        return self.recipe.batch_size

    def model(self, classes: Sequence[str]) -> Model:
        """Built for the classes."""
        return self.recipe.build(classes)

    def preparation(self, model: Model, pictures: str) -> Preparation:
        """Scaled as the recipe says."""
        return Preparation(model.graph.inputs[0].sample_shape, self.recipe.scaling, pictures)

    def compile(self, model: Model, steps: int) -> None:
        """As the recipe says."""
        model.compile(self.recipe.optimizer(steps), self.recipe.loss(), metrics=["accuracy"])

    def describe(self, epochs: int, batch_size: int) -> str:
        """The recipe's words."""
        return self.recipe.describe(epochs, batch_size)


@dataclass
class YourNetwork:
    """A model from a function of yours, or a saved one; compiled by you, or else with SGD and a fitting loss."""

    title: str
    made: Model
    known: Preparation | None = None
    """How its images were made before, where that is recorded."""
    epochs: int = 10
    batch_size: int = 32
    words: list[str] = field(default_factory=list)

    def model(self, classes: Sequence[str]) -> Model:
        """The model, if it has one output for each class."""
        check_outputs(self.made, len(classes))
        return self.made

    def preparation(self, model: Model, pictures: str) -> Preparation:
        """As recorded, or else by the shape of the input."""
        if self.known is None:
            return guess(model, pictures)
        return Preparation(self.known.input_shape, self.known.scaling, pictures)

    def compile(self, model: Model, steps: int) -> None:
        """Leave it as it was compiled, or do what usually works."""
        if model.compiled is not None:
            self.words.append("compiled by its author")
            model.compiled.targets[0].metrics.setdefault("accuracy", metrics.accuracy)
        else:
            model.compile(SGD(0.01, momentum=0.9), fitting_loss(model), metrics=["accuracy"])
            self.words.append("not compiled by its author, so: SGD at rate 0.01, momentum 0.9")
        assert model.compiled is not None
        loss = model.compiled.targets[0].loss
        self.words.append(f"loss: {getattr(loss, 'name', type(loss).__name__)}")

    def describe(self, epochs: int, batch_size: int) -> str:
        """How it was compiled, and for how long it is trained."""
        return "\n".join(f"  - {line}" for line in (*self.words, f"{epochs} epochs of batches of {batch_size}"))


def find(text: str) -> Network:
    """What the command line names."""
    if text in RECIPES:
        return OurNetwork(RECIPES[text])
    file, _, function = text.rpartition(":")
    if file.endswith(".py"):
        return YourNetwork(f"{function} of {file}", made_by(Path(file), function))
    if text.endswith(".py"):
        raise _usage.UsageError(str(_checks.error(f"network {text!r}", "the function is not named", cure=
                                                  f"Name the one that returns the model: {text}:build")))
    if Path(text).exists() or text.endswith(".npz"):
        path = run_folder.find_model(text)
        record = run_folder.record_of(path)
        return YourNetwork(f"{path}, trained on", models.load_model(path),
                           record.preparation if record else None)
    raise _usage.unknown("network", text, RECIPES, "Nor is there a file FILE.py:function or MODEL.npz of this name.")


def made_by(file: Path, function: str) -> Model:
    """The model that a function of a file returns."""
    module = run_file(file)
    makers = {name: thing for name, thing in vars(module).items() if callable(thing) and not name.startswith("_")}
    if function not in makers:
        raise _usage.unknown(f"function of {str(file)!r}", function, makers)
    model = makers[function]()
    if not isinstance(model, Model):
        raise _checks.error(f"{file}:{function}", "the function must return a model", "a minicnn Model",
                            type(model).__name__)
    return model


def run_file(file: Path) -> ModuleType:
    """Run a Python file of the user's own, who named it for that; its classes are known to saved models by its name.

    What goes wrong in there is not ours to word: the traceback shows the place.
    """
    if not file.is_file():
        raise _checks.error(f"network {str(file)!r}", "there is no such file")
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    if file.stem in sys.modules:
        raise _checks.error(f"network {str(file)!r}", f"a module {file.stem!r} is loaded already",
                            cure="Give the file another name.")
    sys.modules[file.stem] = module
    try:
        spec.loader.exec_module(module)
    finally:
        # The file was run, not imported: its name is not taken for the next one.
        del sys.modules[file.stem]
    return module


def check_outputs(model: Model, classes: int) -> None:
    """Refuse a model that does not answer with one number for each class."""
    shape = model.graph.outputs[0].sample_shape
    if shape != (classes,):
        raise _checks.error(f"{model}", "its outputs do not fit the classes of the data", f"output shape ({classes},)",
                            shape)


def fitting_loss(model: Model) -> Loss:
    """A loss for what comes out: penalties, probabilities, or scores before a softmax."""
    if gives_penalties(model):
        return PenaltyMAP()
    last = getattr(model.graph.outputs[0].step, "function", None)
    return SparseCategoricalCrossentropy(from_logits=last != activations.softmax)


def targets(model: Model, labels: Array) -> Array:
    """Class numbers as the model's loss wants them: as they are, or as one-hot rows."""
    assert model.compiled is not None
    loss, shape = model.compiled.targets[0].loss, model.graph.outputs[0].sample_shape
    assert loss is not None
    numbers = labels.astype("int64")
    try:
        loss.check_target(numbers, shape)
    except _checks.MinicnnError:
        return to_categorical(numbers, shape[0]).astype("float32")
    return numbers
