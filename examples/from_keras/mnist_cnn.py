"""Which optimizer takes the 1,199,882 parameters of Keras's MNIST example furthest in ten steps?

    python examples/from_keras/mnist_cnn.py [FOLDER]              about 10 seconds

FOLDER is where the picture of the model goes; the current one when not given.
In Keras these are the import lines, and nothing else differs:

    import keras
    from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
    from keras.models import Sequential
    from keras.optimizers import Adagrad, Adam
    from keras.utils import plot_model
"""

import os
import sys

import minicnn as keras
from minicnn.datasets import digits as mnist
from minicnn.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from minicnn.models import Sequential
from minicnn.optimizers import Adagrad, Adam
from minicnn.utils import plot_model

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "."

keras.utils.set_random_seed(0)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train = x_train.reshape(-1, 28, 28, 1).astype("float32")[:320] / 255
x_test = x_test.reshape(-1, 28, 28, 1).astype("float32")[:100] / 255
y_train = keras.utils.to_categorical(y_train[:320], 10)
y_test = keras.utils.to_categorical(y_test[:100], 10)

model = Sequential(name="mnist_cnn")
model.add(Conv2D(32, kernel_size=(3, 3), activation="relu", input_shape=(28, 28, 1)))
model.add(Conv2D(64, (3, 3), activation="relu"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Dropout(0.25))
model.add(Flatten())
model.add(Dense(128, activation="relu"))
model.add(Dropout(0.5))
model.add(Dense(10, activation="softmax"))
model.summary()
print(f"{model.count_params():,} parameters")

try:
    plot_model(model, to_file=os.path.join(FOLDER, "mnist_cnn.png"), show_shapes=True)
except ImportError as problem:  # Keras draws by two packages of which one is often missing
    print(problem)

start = model.get_weights()
accuracy = {}
for name, optimizer in (("rmsprop", "rmsprop"), ("Adagrad", Adagrad(learning_rate=0.01)), ("Adam", Adam())):
    model.set_weights(start)
    model.compile(loss=keras.losses.categorical_crossentropy, optimizer=optimizer, metrics=["accuracy"])
    history = model.fit(x_train, y_train, batch_size=32, epochs=1, verbose=2, validation_data=(x_test, y_test))
    accuracy[name] = history.history["val_accuracy"][-1]

for name in accuracy:
    print(f"{name:8} {accuracy[name]:.1%} of 100 digits right")
