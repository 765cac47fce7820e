"""Let Keras write weights files, and store them in ``weight_files/`` with what its models predict::

    KERAS_BACKEND=torch python tests/keras/make_weight_files.py
"""

import keras_side
import numpy as np
from keras_weight_models import FOLDER, MODELS, filled, go_on, inputs, learner, outputs


def main() -> None:
    keras_side.choose_backend()
    import keras

    FOLDER.mkdir(exist_ok=True)
    expected = {"keras": np.array(keras.__version__)}
    for build in MODELS:
        name = build.__name__
        model = filled(build(keras), name)
        model.save_weights(FOLDER / f"{name}.weights.h5")
        model.save(FOLDER / f"{name}.h5")
        expected.update({f"{name}/{place}": y for place, y in enumerate(outputs(model, inputs(model)))})
    model = filled(learner(keras), "learner")
    model.compile(keras.optimizers.Adam(0.01), "mse")
    go_on(model, 1, 3)
    model.save_weights(FOLDER / "learner.weights.h5")
    go_on(model, 4, 3)
    expected["learner/0"] = outputs(model, inputs(model))[0]
    np.savez_compressed(FOLDER / "expected.npz", **expected)


if __name__ == "__main__":
    main()
