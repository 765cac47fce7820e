"""What does every channel of a layer make of one digit, and what does one channel make of 49 digits?

    python examples/from_keras/channels.py [FOLDER]               about 5 seconds

FOLDER is where the pictures go; the current one when not given.
In Keras these are the import lines, and nothing else differs:

    import keras
    from keras import layers
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np

import minicnn as keras
from minicnn import layers
from minicnn.datasets import digits as mnist

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "."

keras.utils.set_random_seed(0)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = np.expand_dims(x_train, -1).astype("float32") / 255
x_test = np.expand_dims(x_test, -1).astype("float32") / 255

inputs = keras.Input(shape=(28, 28, 1))
x = layers.Conv2D(16, kernel_size=(5, 5), activation="relu", name="conv")(inputs)
x = layers.MaxPooling2D(pool_size=(2, 2))(x)
x = layers.Flatten()(x)
outputs = layers.Dense(10, activation="softmax")(x)
model = keras.Model(inputs, outputs)
model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=64, epochs=1, validation_split=0.1, verbose=2)

conv = keras.Model(inputs=model.input, outputs=model.get_layer("conv").output)
maps = conv.predict(x_test[:49], verbose=0)
kernels, biases = model.get_layer("conv").get_weights()
print("kernels", kernels.shape, "biases", biases.shape, "maps", maps.shape)


def draw(pictures, titles, columns, title, file):
    """Pictures side by side on one gray scale."""
    rows = len(pictures) // columns
    figure, axes = plt.subplots(rows, columns, figsize=(columns, 1.2 * rows + 0.4), layout="constrained")
    for picture, name, ax in zip(pictures, titles, axes.flat, strict=True):
        ax.imshow(picture, cmap="viridis", vmin=0, vmax=max(p.max() for p in pictures))
        ax.set_title(name, fontsize=7, pad=2)
        ax.axis("off")
    figure.suptitle(title, fontsize=10)
    figure.savefig(os.path.join(FOLDER, file), dpi=120)
    plt.close(figure)


# Every channel of the layer, for one digit.
draw(maps[0].transpose(2, 0, 1), range(16), 4, f"16 channels, one digit ({y_test[0]})", "all_channels.png")

# The channel that answers most, for 49 digits.
channel = int(maps.mean(axis=(0, 1, 2)).argmax())
draw(maps[..., channel], y_test[:49], 7, f"channel {channel}, 49 digits", "one_channel.png")
print("channel", channel, "answers most")
