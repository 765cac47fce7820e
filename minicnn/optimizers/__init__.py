"""Optimizers: how gradients move parameters. Update rules, defaults and names are those of Keras 3, which
has no `SDLM`: LeCun's, a rate for each parameter from the diagonal of the second derivatives.

Read `base` first: it says what an optimizer is and how to write one of your own.
"""

from minicnn import _checks
from minicnn.optimizers import schedules
from minicnn.optimizers.adadelta import Adadelta
from minicnn.optimizers.adagrad import Adagrad
from minicnn.optimizers.adam import Adam, AdamW
from minicnn.optimizers.base import Key, Optimizer
from minicnn.optimizers.rmsprop import RMSprop
from minicnn.optimizers.sdlm import SDLM
from minicnn.optimizers.sgd import SGD

__all__ = ["SDLM", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Key", "Optimizer", "RMSprop", "get", "schedules"]

_ALL: tuple[type[Optimizer], ...] = (SGD, RMSprop, Adagrad, Adadelta, Adam, AdamW, SDLM)
_BY_NAME = {kind.name: kind for kind in _ALL}


def get(identifier: str | Optimizer) -> Optimizer:
    """An optimizer from its name (in capitals or not, with Keras's defaults) or itself."""
    if isinstance(identifier, Optimizer):
        return identifier
    if not isinstance(identifier, str) or identifier.lower() not in _BY_NAME:
        raise _checks.unknown("optimizer", identifier, _BY_NAME)
    return _BY_NAME[identifier.lower()]()  # type: ignore[call-arg]
