"""How does a training keep its best model, slow down when it gets stuck, and stop by itself?

    python examples/from_keras/callbacks_while_training.py [FILE]      about 5 seconds

FILE is where the best model is kept: best.keras when not given, which needs
the extra: pip install "minicnn[keras]"; best.npz does not.
In Keras these are the import lines, and nothing else differs:

    from keras import layers, models, regularizers
    from keras.callbacks import EarlyStopping, LambdaCallback, ModelCheckpoint, ReduceLROnPlateau
    from keras.utils import set_random_seed
"""

import sys

from minicnn import layers, models, regularizers
from minicnn.callbacks import EarlyStopping, LambdaCallback, ModelCheckpoint, ReduceLROnPlateau
from minicnn.datasets import digits as mnist
from minicnn.utils import set_random_seed

FILE = sys.argv[1] if len(sys.argv) > 1 else "best.keras"

set_random_seed(0)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train[:1000].reshape(-1, 28, 28, 1).astype("float32") / 255
x_test = x_test.reshape(-1, 28, 28, 1).astype("float32") / 255

model = models.Sequential()
model.add(layers.Conv2D(8, (5, 5), activation="relu", input_shape=(28, 28, 1)))
model.add(layers.MaxPooling2D((2, 2)))
model.add(layers.Flatten())
model.add(layers.Dense(32, activation="relu", kernel_regularizer=regularizers.l2(1e-4)))
model.add(layers.Dense(10, activation="softmax"))
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

rates = []
history = model.fit(
    x_train, y_train[:1000], epochs=40, validation_split=0.2, verbose=0,
    callbacks=[
        ModelCheckpoint(FILE, monitor="val_loss", save_best_only=True),
        ReduceLROnPlateau(monitor="val_loss", factor=0.5, patience=1, min_lr=1e-5),
        EarlyStopping(monitor="val_loss", patience=3, restore_best_weights=True),
        LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(logs["learning_rate"])),
    ],
)
losses = history.history["val_loss"]
print("figures of each epoch:", ", ".join(sorted(history.history)))
print(f"stopped after epoch {len(losses)} of 40; epoch {losses.index(min(losses)) + 1} was the best")
print(f"the learning rate went from {rates[0]:.4g} to {rates[-1]:.4g}")

kept = models.load_model(FILE)
print("the file holds what the training ended with:",
      kept.evaluate(x_test, y_test[:1000], verbose=0) == model.evaluate(x_test, y_test, verbose=0))
print(f"accuracy on the digits held out: {kept.evaluate(x_test, y_test, verbose=0)[1]:.3f}")
