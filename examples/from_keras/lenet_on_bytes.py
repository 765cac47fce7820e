"""Can a LeNet learn digits from raw bytes, and come back from a file as it was?

    python examples/from_keras/lenet_on_bytes.py [FILE]           about 5 seconds

FILE is where the model is saved: lenet.keras when not given, which needs
the extra: pip install "minicnn[keras]"; lenet.npz does not.
In Keras these are the import lines, and nothing else differs:

    from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
    from keras.models import Sequential, load_model
    from keras.utils import set_random_seed, to_categorical
"""

import sys

from minicnn.datasets import digits as mnist
from minicnn.layers import Conv2D, Dense, Flatten, MaxPooling2D
from minicnn.models import Sequential, load_model
from minicnn.utils import set_random_seed, to_categorical

FILE = sys.argv[1] if len(sys.argv) > 1 else "lenet.keras"

set_random_seed(0)
(x_train, y_train), (x_test, y_test) = mnist.load_data()

# 28x28 bytes from 0 to 255, as they come: no scaling. Every image gets a channel axis, every label a row of ten.
x_train = x_train.reshape(x_train.shape[0], 28, 28, 1)
x_test = x_test.reshape(x_test.shape[0], 28, 28, 1)
y_train = to_categorical(y_train, 10)
y_test = to_categorical(y_test, 10)

model = Sequential()
model.add(Conv2D(6, (5, 5), activation="relu", padding="same", kernel_initializer="uniform", input_shape=(28, 28, 1)))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Conv2D(16, (5, 5), activation="relu", kernel_initializer="uniform"))
model.add(MaxPooling2D(pool_size=(2, 2)))
model.add(Flatten())
model.add(Dense(120, activation="relu", kernel_initializer="uniform"))
model.add(Dense(84, activation="relu", kernel_initializer="uniform"))
model.add(Dense(10, activation="softmax", kernel_initializer="uniform"))
model.compile(optimizer="sgd", loss="categorical_crossentropy", metrics=["accuracy"])
model.summary()

model.fit(x_train, y_train, batch_size=100, epochs=3, verbose=2)
score = model.evaluate(x_test, y_test, verbose=0)
print("Test loss:", score[0])
print("Test accuracy:", score[1])

model.save(FILE)
model = load_model(FILE)
again = model.evaluate(x_test, y_test, verbose=0)
print("The same after loading:", again == score)

# It is compiled as it was, so training goes on.
model.fit(x_train, y_train, batch_size=100, epochs=1, verbose=2)
