"""One run: pattern by pattern, a line for each pass, taken up again where it was stopped."""

import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from minicnn import _checks, loop, patterns, utils
from minicnn._progress import PATIENCE, ProgressBar
from minicnn._types import Array
from minicnn.applications.lenet5 import lenet5_images
from minicnn.callbacks import BackupAndRestore, Callback, Logs
from minicnn.models import Model
from minicnn.optimizers import SDLM
from minicnn.reproducing import records, stability
from minicnn.reproducing.data import Digits
from minicnn.reproducing.recipes import Recipe
from minicnn.reproducing.records import Pass, Record, Stability

COLLAPSED, GIVEN_UP_AT = 50.0, 2
"""A run with so many % of its training digits wrong behind so many passes is given up; it may recover before."""

Say = Callable[[str], None]


def run(recipe: Recipe, seed: int, digits: Digits, passes: int, folder: Path, say: Say, verbose: int = 0) -> Record:
    """Train, and leave NAME.json and NAME.npz, the model, in the folder; a run that is there already is only read.

    Behind each pass a backup is left, so the same call goes on where it was stopped, with the same bits.
    say: is given each line as it comes. verbose: 1 shows a bar, on a terminal, within passes that take their time,
    and says that kernels are compiled.

    Raises MinicnnError where a run of this name has other settings.
    """
    task = Record(recipe, seed, digits.name, len(digits.x), digits.what, len(digits.x_test), passes, records.setting())
    path, backup = folder / f"{task.name}.json", folder / f"{task.name}.backup"
    if path.exists():
        task = _same(records.read(path), task)
        say("\n".join([f"{heading(task)}: done before", TITLES, *(line(task, one) for one in task.passes)]))
    else:
        say(f"{heading(task)}\n{TITLES}")
        compile_kernels(recipe, digits, verbose)
        _train(task, digits, backup, say, verbose).save(path.with_suffix(".npz"))
        records.write(task, path)  # from here on it is done
    shutil.rmtree(backup, ignore_errors=True)
    if task.collapsed:
        say(f"Given up: it has collapsed. {task.last.training:.0f} % wrong is no better than guessing.")
    return task


def _train(task: Record, digits: Digits, backup: Path, say: Say, verbose: int) -> Model:
    """The passes, or those that are left; the trained model."""
    utils.set_random_seed(task.seed)
    model, feed = task.recipe.compiled(len(digits.x)), digits.feed(task.recipe, task.seed)
    assert model.compiled is not None
    if obstacle := patterns.obstacle(model.graph, model.compiled, feed):
        say(f"(slowly, step by step: {obstacle})")
    listing = Listing(task, digits, say, verbose)
    model.fit(feed, epochs=task.of_passes, verbose=0,
              callbacks=[listing, BackupAndRestore(backup, delete_checkpoint=False)])
    return model


def compile_kernels(recipe: Recipe, digits: Digits, verbose: int = 0) -> None:
    """Let the kernels compile on another model, before the clock of the first pass runs."""
    with loop.compiling_said(verbose):
        few = digits.first(min(len(digits.x), 2))
        model = recipe.compiled(len(few.x))
        model.fit(few.feed(recipe, 0), verbose=0)
        error(model, digits.x_test[:1], digits.y_test[:1])


def _same(done: Record, task: Record) -> Record:
    """The run that is there, refused where it is another one."""
    differing = [name for name in task.task if done.task[name] != task.task[name]]
    if differing:
        name = differing[0]
        raise _checks.error(f"run {task.name!r}", f"the folder has one of this name with other settings: {name}",
                            task.task[name], done.task[name], "Name another folder: --out FOLDER.")
    return done


class Listing(Callback):
    """Writes down each pass and says it; measures the stability in the first one; gives up what has collapsed."""

    def __init__(self, task: Record, digits: Digits, say: Say, verbose: int = 0) -> None:
        self.task, self.digits, self.say = task, digits, say
        self.looks = [count for count in stability.LOOKS if task.recipe.watched and count < len(digits.x)]
        self.few = lenet5_images(digits.x[:stability.PATTERNS]), digits.y[:stability.PATTERNS]
        self.began = 0.0
        self.verbose, self.bar = verbose, ProgressBar(len(digits.x), 0)

    # -- hooks -----------------------------------------------------------------------------------------

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        if not epoch:
            self.task.stability.clear()
        self.bar = ProgressBar(len(self.digits.x), self.verbose, PATIENCE, f"pass {epoch + 1}: ")
        self.began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        self.bar.update(batch + 1, {})
        if self.model.progress.epoch or batch + 1 not in self.looks:
            return
        since = time.perf_counter()
        self.task.stability.append(stability.look(self.model, *self.few, self._sdlm().rates, batch + 1))
        self.began += time.perf_counter() - since  # it is no part of the training

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        seconds = time.perf_counter() - self.began
        assert logs is not None
        low, high = self._span(epoch)
        one = Pass(epoch + 1, low, high, round(logs["loss"], 4), round(100 - 100 * logs["accuracy"], 4),
                   self._error(), round(seconds, 2))
        self.task.passes.append(one)
        wiped = "\r" if self.bar.width else ""  # the line takes the place of the bar
        self.say(wiped + line(self.task, one).ljust(self.bar.width))
        if epoch + 1 >= GIVEN_UP_AT and one.training > COLLAPSED:
            self.task.collapsed = self.model.stop_training = True

    # -- figures ---------------------------------------------------------------------------------------

    def _sdlm(self) -> SDLM:
        assert isinstance(self.model.optimizer, SDLM)
        return self.model.optimizer

    def _span(self, epoch: int) -> tuple[float, float]:
        """Of the rates in this pass. The optimizer's own are those of the next one by now."""
        sdlm = self._sdlm()
        eta = self.task.recipe.rate(epoch)
        every = np.concatenate([h.reshape(-1) for h in sdlm.slots["curvature"].values()])
        low, high = (float(f"{eta / (sdlm.mu + h):.4g}") for h in (every.max(), every.min()))
        return low, high

    def _error(self) -> float:
        """% of the digits to judge by that are wrong."""
        return error(self.model, self.digits.x_test, self.digits.y_test)

    # -- a run that goes on ----------------------------------------------------------------------------

    def get_state(self) -> dict[str, Any]:
        return {"passes": [asdict(one) for one in self.task.passes], "collapsed": self.task.collapsed,
                "stability": [asdict(one) for one in self.task.stability], "task": self.task.task}

    def set_state(self, state: Mapping[str, Any]) -> None:
        if state["task"] != self.task.task:
            raise _checks.error(f"run {self.task.name!r}", "the run that was stopped had other settings",
                                cure="Name another folder: --out FOLDER.")
        self.task.passes[:] = [Pass(**one) for one in state["passes"]]
        self.task.stability[:] = [Stability(**one) for one in state["stability"]]
        self.task.collapsed = state["collapsed"]
        for one in self.task.passes:
            self.say(line(self.task, one))


def error(model: Model, x: Array, y: Array) -> float:
    """% of images (N, 28, 28) in bytes that the model gets wrong."""
    answers = model.predict_classes(lenet5_images(x), batch_size=200)
    return round(float(100 * np.mean(answers != y)), 4)


# -- lines -------------------------------------------------------------------------------------------

TITLES = "pass      rates (1998: 7e-05 to 0.016)  training %      test %   seconds"


def heading(task: Record) -> str:
    """What a run is, in a line."""
    recipe = task.recipe
    return (f"{recipe.name}, seed {task.seed}: {recipe.title}; {task.digits:,} digits, {recipe.loss_name}, "
            f"eta x {recipe.factor:g}, first weights {recipe.start_name}" + ", distorted" * recipe.distorted)


def line(task: Record, one: Pass) -> str:
    """A pass, in a line."""
    return (f"{one.number:4}  {one.low:.1e} to {one.high:.1e}           {one.training:10.2f}  {one.test:10.2f}"
            f"  {one.seconds:8.1f}")
