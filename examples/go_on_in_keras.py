"""How does the LeNet-5 of 1998 go on in Keras? A few seconds; 20 where Keras is installed, for its import.

The file needs the extra: python -m pip install "minicnn[keras]". The last part needs Keras itself.
"""

import importlib.util
import os
import tempfile
from pathlib import Path

import numpy as np

import minicnn
from minicnn.applications import LeNet5, lenet5_images
from minicnn.datasets import digits
from minicnn.losses import PenaltyMAP
from minicnn.optimizers import SGD

minicnn.set_random_seed(0)
(x, y), (x_test, y_test) = digits.load_data()
x, y, x_test, y_test = lenet5_images(x), y, lenet5_images(x_test[:200]), y_test[:200]

trained = LeNet5()
trained.compile(SGD(0.004), PenaltyMAP())
trained.fit(x, y, batch_size=8, epochs=2, verbose=0)
model = LeNet5()  # not compiled: Keras has no such loss
model.set_weights(trained.get_weights())
print(f"Trained here: {np.mean(model.predict_classes(x_test) != y_test):.1%} of 200 test digits wrong")

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "lenet5.keras"
    model.save(file)
    again = minicnn.load_model(file)
    print("Saved for Keras and read again:", ", ".join(type(layer).__name__ for layer in again.layers))
    print("The same penalties:", np.allclose(again.predict(x_test, verbose=0), model.predict(x_test, verbose=0)))

    if importlib.util.find_spec("keras") is None:
        print("\nKeras is not installed; with it, model.to_keras() would go on from here.")
        raise SystemExit

    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    live = model.to_keras()
    trainable = sum(int(np.prod(weight.shape)) for weight in live.trainable_weights)
    penalties = live.predict(x_test, verbose=0)
    print(f"\nIn Keras {keras.__version__}: {trainable:,} trainable parameters, the same penalties:",
          np.allclose(penalties, model.predict(x_test, verbose=0), rtol=1e-4))

    # Keras wants scores, of which the largest wins: minus the penalties.
    there = keras.Model(live.inputs, keras.layers.Rescaling(-1.0)(live.outputs[0]))
    there.compile(keras.optimizers.SGD(2e-4), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = there.evaluate(x[:200], y[:200], verbose=0)
    there.fit(x[:200], y[:200], batch_size=200, shuffle=False, verbose=0)
    after = there.evaluate(x[:200], y[:200], verbose=0)
    print(f"One step further there: the loss of its 200 digits {'falls' if after < before else 'does not fall'}")

    live.save(file)
    back = minicnn.load_model(file, compile=False)
    print("And back here:", ", ".join(type(layer).__name__ for layer in back.layers))
    penalties = live.predict(x_test, verbose=0)
    print("The same penalties:", np.allclose(back.predict(x_test, verbose=0), penalties, rtol=1e-4))
