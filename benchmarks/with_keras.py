"""The work done by Keras, on the backend that its environment names; our models, made over by `Model.to_keras`."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from benchmarks import networks
from benchmarks.works import Epoch, Forward, Step, Work


def timed(work: Work, option: str = "") -> Callable[[], Any]:
    match work:
        case Step():
            return step(compiled(work.network), work)
        case Forward():
            return forward(work)
        case Epoch():
            return epoch(work)
    raise ValueError(f"no such work for Keras: {work}")


def answer(work: Work, option: str = "") -> list[np.ndarray]:
    if isinstance(work, Forward):
        return [np.asarray(forward(work)())]
    run = step(compiled(work.network, dropout=False), Step(work.network, work.batch))
    return [np.array([float(run()) for _ in range(3)])]


def compiled(name: str, dropout: bool = True, metrics: tuple[str, ...] = ()) -> Any:
    """Keras's version of a network, with loss and optimizer."""
    model = networks.network(name, dropout).to_keras()
    loss = penalty_map if name == "LeNet5" else networks.loss_of(name)
    model.compile(keras.optimizers.SGD(networks.RATE), loss, metrics=list(metrics))
    return model


def penalty_map(labels: Any, penalties: Any, j: float = 10.0) -> Any:
    """LeCun et al. 1998, eq. 9."""
    scores = keras.ops.concatenate([-penalties, keras.ops.full_like(penalties[:, :1], -j)], axis=1)
    return keras.losses.sparse_categorical_crossentropy(labels, scores, from_logits=True)


def step(model: Any, work: Step) -> Callable[[], Any]:
    x, y = networks.batch(work.network, work.batch)
    return lambda: model.train_on_batch(x, y)


def forward(work: Forward) -> Callable[[], Any]:
    model, (x, _) = networks.network(work.network).to_keras(), networks.batch(work.network, work.batch)
    return lambda: model.predict_on_batch(x)


def epoch(work: Epoch) -> Callable[[], Any]:
    model = compiled(work.network, metrics=("accuracy",))
    images, labels = networks.bytes_of_digits(work.digits)

    def run() -> Any:
        return model.fit(networks.scaled(images), labels, batch_size=work.batch, epochs=1, verbose=0).history

    return run
