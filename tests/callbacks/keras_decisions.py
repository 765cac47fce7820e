"""What Keras's callbacks decide, asked and stored. Run as a script, it asks again and stores the answers::

    python tests/callbacks/keras_decisions.py
"""

import contextlib
import importlib.util
import inspect
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import callback_cases as cases
import numpy as np
from callback_driver import Record

FILE = Path(__file__).parent / "keras_decisions.json"


def keras_model() -> Any:
    """A model of Keras's with one weight, built and compiled, that notes what it is asked to save."""
    import keras

    class Noting(keras.Sequential):
        saved: list[str]

        def save(self, filepath: str, overwrite: bool = True) -> None:
            self.saved.append(f"model {filepath}")

        def save_weights(self, filepath: str, overwrite: bool = True) -> None:
            self.saved.append(f"weights {filepath}")

    model = Noting([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(0.01), "mse", metrics=["accuracy"])
    model.train_on_batch(np.ones((1, 1)), np.ones((1, 1)))  # makes the metrics, which tell which way is better
    object.__setattr__(model, "saved", [])  # Keras would wrap the list
    return model


def ask(case: cases.Case, model: Any) -> Record:
    """What Keras's callbacks do. The working folder must be empty before."""
    import keras

    model.optimizer.learning_rate = case.rate
    model.set_weights([np.zeros((1, 1))])
    return cases.decisions(case, keras.callbacks, model)


def signatures(module: Any) -> dict[str, list[list[Any]]]:
    """Names and defaults of the arguments of each callback."""
    return {name: [[key, None if value.default is value.empty else value.default]
                   for key, value in inspect.signature(getattr(module, name)).parameters.items()
                   if value.kind is not value.VAR_KEYWORD]
            for name in cases.SIGNATURES}


def text(thing: Any) -> str:
    """As JSON, which says the same of two NaNs."""
    return json.dumps(thing, sort_keys=True)


def main() -> None:
    if importlib.util.find_spec("torch") is not None:
        os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    model = keras_model()
    answers = {}
    for case in cases.STORED:
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            answers[case.name] = ask(case, model)
    lines = ",\n".join(f"{json.dumps(name)}: {text(answer)}" for name, answer in answers.items())
    FILE.write_text(f'{{"keras": {json.dumps(keras.__version__)},\n"signatures": {text(signatures(keras.callbacks))},\n'
                    f'"answers": {{\n{lines}\n}}}}\n', encoding="utf-8")
    print(f"{len(answers)} answers of Keras {keras.__version__}, {FILE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
