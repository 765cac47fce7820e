"""What do the two pooling layers of a small network see in a seven?

    python examples/from_keras/feature_maps.py [FOLDER]           about 5 seconds

FOLDER is where the pictures go; the current one when not given.
In Keras these are the import lines, and nothing else differs:

    from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
    from keras.models import Model, Sequential
    from keras.utils import set_random_seed
"""

import os
import sys

import matplotlib.pyplot as plt

from minicnn.datasets import digits as mnist
from minicnn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from minicnn.models import Model, Sequential
from minicnn.utils import set_random_seed

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "."

set_random_seed(0)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = x_train[..., None] / 255, x_test[..., None] / 255

model = Sequential([
    Conv2D(8, (3, 3), activation="relu", input_shape=(28, 28, 1)),
    MaxPooling2D((2, 2)),
    Conv2D(16, (3, 3), activation="relu"),
    MaxPooling2D((2, 2)),
    Flatten(),
    Dropout(0.5),
    Dense(10, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train, y_train, batch_size=50, epochs=2, verbose=2, validation_data=(x_test, y_test))

digit = x_test[y_test == 7][:1]
for number in (1, 3):
    layer = model.layers[number]
    until_here = Model(inputs=model.inputs, outputs=model.layers[number].output)
    maps = until_here.predict(digit, verbose=0)
    print(f"layer {number}, {type(layer).__name__}: maps of shape {maps.shape}, largest value {maps.max():.2f}")

    columns = 8
    rows = maps.shape[-1] // columns
    figure, axes = plt.subplots(rows, columns, figsize=(columns, 1.2 * rows + 0.4), layout="constrained")
    for channel, ax in enumerate(axes.flat):
        ax.imshow(maps[0, :, :, channel], cmap="gray")
        ax.set_title(channel, fontsize=8)
        ax.axis("off")
    figure.suptitle(f"a seven after pooling layer {(number + 1) // 2}: {maps.shape[1]}x{maps.shape[2]}, "
                    f"{maps.shape[3]} channels", fontsize=10)
    figure.savefig(os.path.join(FOLDER, f"pooling_{(number + 1) // 2}.png"), dpi=120)
    plt.close(figure)
