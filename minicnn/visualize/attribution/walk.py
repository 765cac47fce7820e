"""From the score of a class back to the input, or to a layer on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from minicnn import _checks, rules
from minicnn._data import one_or_all
from minicnn._progress import watched
from minicnn._types import Array
from minicnn.graph import Rule, pull_back, push_forward
from minicnn.layers.nodes import Node, in_order
from minicnn.layers.simple import Activation
from minicnn.visualize.scoring import Scores, Target, class_numbers, class_scores, scores_of

if TYPE_CHECKING:
    from minicnn.models import Model

RULES: dict[str, Rule] = {"vanilla": rules.gradient, "guided": rules.guided, "deconvnet": rules.deconvnet}
"""What happens at a ReLU on the way back, by name."""


@dataclass(frozen=True)
class Walk:
    """What came of some images: their scores (N, U), the classes (N,) asked for and, for each node that was asked for,
    its value and the signal that arrived at it."""

    scores: Array
    classes: Array
    values: dict[Node, Array]
    signals: dict[Node, Array]


def walk_back(model: "Model", inputs: Sequence[Array], scores: Scores, classes: Array | None, step: Rule,
              keep: Sequence[Node]) -> Walk:
    """One batch forward, and the score of a class of each image back. classes None: those the model answers."""
    values, caches = push_forward(model.graph, inputs, keep=[scores.node, *keep])
    found = scores.of(values[scores.node])
    classes = found.argmax(axis=1) if classes is None else classes
    signal = scores.signal(classes, found.dtype)
    back = pull_back(model.graph, {scores.node: signal}, caches, step, keep, inputs=False, learning=())
    # Nothing arrives at a value that the score does not depend on.
    signals = {node: back.kept[node] if node in back.kept else np.zeros_like(values[node]) for node in keep}
    return Walk(found, classes, {node: values[node] for node in keep}, signals)


def walks(model: "Model", inputs: Sequence[Array], target: Target, step: Rule, keep: Sequence[Node], where: str,
          batch_size: int, verbose: int) -> Iterator[Walk]:
    """`walk_back` for one batch after the other, with a progress bar."""
    scores = class_scores(model, where)
    classes = fixed_classes(target, len(inputs[0]), scores, where)
    for rows in watched(batches(len(inputs[0]), batch_size, where), where.rpartition(".")[2], verbose):
        asked = None if classes is None else classes[rows]
        yield walk_back(model, [x[rows] for x in inputs], scores, asked, step, keep)


def batches(count: int, size: int, where: str) -> list[slice]:
    """The rows of each batch."""
    size = _checks.integer(size, "batch_size", where)
    return [slice(start, start + size) for start in range(0, count, size)]


def fixed_classes(target: Target, count: int, scores: Scores, where: str) -> Array | None:
    """The class (N,) asked for in each of N images; None where it is the one the model will answer."""
    return None if target is None else class_numbers(target, np.empty((count, scores.classes)), where)


def classes_of(model: "Model", inputs: Sequence[Array], target: Target, where: str, batch_size: int) -> Array:
    """The class (N,) asked for in each image; where that is the answer, the model is asked."""
    scores = class_scores(model, where)
    classes = fixed_classes(target, len(inputs[0]), scores, where)
    return scores_of(model, inputs, scores, batch_size).argmax(axis=1) if classes is None else classes


# -- rules ---------------------------------------------------------------------------------------


def rule_step(model: "Model", rule: str, where: str) -> Rule:
    """What a rule does at a node. Raises MinicnnError for an unknown rule, and for one about ReLUs where none is."""
    step = _checks.named(f"{where}: rule", rule, RULES)
    if step is not rules.gradient and not has_relu(model, where):
        functions = dict.fromkeys(node.step.function.name for node in nodes_before_scores(model, where)
                                  if isinstance(node.step, Activation))
        raise _checks.error(f"{where}: {model}", f"rule={rule!r} changes what happens at a ReLU, and there is none",
                            "a network with activation 'relu'", ", ".join(map(repr, functions)) or "no activation",
                            'rule="vanilla", the gradient, is right for every network.')
    return step


def has_relu(model: "Model", where: str) -> bool:
    """Whether there is a ReLU before the scores."""
    return any(rules.is_relu(node.step) for node in nodes_before_scores(model, where))


def nodes_before_scores(model: "Model", where: str) -> list[Node]:
    """All that the scores are computed from, themselves included and the inputs not, in order."""
    inputs = model.graph.inputs
    before = in_order([class_scores(model, where).node], lambda node: () if node in inputs else node.inputs)
    return [node for node in before if node not in inputs]


def joined(parts: Sequence[Sequence[Array]]) -> Any:
    """Batches of an array for each input, as one array for the only input, or as a list of one for each."""
    return one_or_all([np.concatenate(arrays) for arrays in zip(*parts, strict=True)])
