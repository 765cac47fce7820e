"""How does a model take two inputs and give two outputs, each with a loss of its own?

    python examples/from_keras/two_inputs_two_outputs.py          about 5 seconds

Two digits come in. One output is their sum, a class of 19; the other is whether the first is the larger one.
In Keras these are the import lines, and nothing else differs:

    import keras
    from keras import layers
"""

import numpy as np

import minicnn as keras
from minicnn import layers
from minicnn.datasets import digits as mnist

keras.utils.set_random_seed(0)
(x_train, y_train), (x_test, y_test) = mnist.load_data()


def pairs(x, y, number, seed):
    """Two digits a row, their sum, and whether the first is larger."""
    left, right = np.random.default_rng(seed).integers(0, len(x), (2, number))
    images = x[..., None].astype("float32") / 255
    x = {"left": images[left], "right": images[right]}
    return x, {"sum": y[left] + y[right], "larger": (y[left] > y[right]).astype("float32")}


# One eye looks at both: a layer that is called twice has its weights once.
eye = keras.Sequential([
    keras.Input(shape=(28, 28, 1)),
    layers.Conv2D(8, 5, activation="relu"),
    layers.MaxPooling2D(3),
    layers.Flatten(),
    layers.Dense(32, activation="relu"),
], name="eye")
left = keras.Input(shape=(28, 28, 1), name="left")
right = keras.Input(shape=(28, 28, 1), name="right")
both = layers.concatenate([eye(left), eye(right)])
x = layers.Dense(64, activation="relu")(both)
total = layers.Dense(19, activation="softmax", name="sum")(x)
larger = layers.Dense(1, activation="sigmoid", name="larger")(x)

model = keras.Model(inputs=[left, right], outputs=[total, larger], name="pair")
model.summary()
model.compile(
    optimizer=keras.optimizers.Adam(learning_rate=0.002),
    loss={"sum": "sparse_categorical_crossentropy", "larger": "binary_crossentropy"},
    loss_weights={"sum": 1.0, "larger": 0.5},
    metrics={"sum": ["accuracy"], "larger": ["accuracy"]},
)
x_pairs, y_pairs = pairs(x_train, y_train, 4000, seed=1)
model.fit(x_pairs, y_pairs, batch_size=64, epochs=3, verbose=2)

x_pairs, y_pairs = pairs(x_test, y_test, 1000, seed=2)
figures = model.evaluate(x_pairs, y_pairs, verbose=0, return_dict=True)
for name in sorted(figures):
    print(f"{name:16} {figures[name]:.4f}")
sums, firsts = model.predict(x_pairs, verbose=0)
print("outputs", sums.shape, firsts.shape)
