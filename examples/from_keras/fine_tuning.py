"""Can what was learned on the digits 0 to 4 be kept, frozen, for the digits 5 to 9?

    python examples/from_keras/fine_tuning.py                     about 5 seconds

In Keras these are the import lines, and nothing else differs:

    from keras.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
    from keras.models import Sequential
    from keras.optimizers import Adam
    from keras.utils import set_random_seed
"""

from minicnn.datasets import digits as mnist
from minicnn.layers import Conv2D, Dense, Dropout, Flatten, Input, MaxPooling2D
from minicnn.models import Sequential
from minicnn.optimizers import Adam
from minicnn.utils import set_random_seed

set_random_seed(0)
(x_train, y_train), (x_test, y_test) = mnist.load_data()
x_train, x_test = x_train[..., None] / 255, x_test[..., None] / 255

features = [
    Conv2D(8, 3, activation="relu"),
    MaxPooling2D(2),
    Conv2D(16, 3, activation="relu"),
    MaxPooling2D(2),
    Flatten(),
]
judgement = [Dense(64, activation="relu"), Dropout(0.3), Dense(5, activation="softmax")]
model = Sequential([Input((28, 28, 1)), *features, *judgement])


def train(x, y, x_check, y_check, rate=0.001):
    """Two epochs on five classes; prints what can be learned, and how well it was."""
    model.compile(Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    print(len(model.trainable_weights), "arrays of weights learn,", len(model.non_trainable_weights), "are frozen")
    model.fit(x, y, batch_size=32, epochs=2, verbose=2)
    accuracy = model.evaluate(x_check, y_check, verbose=0)[1]
    print(f"accuracy {accuracy:.3f}\n")
    return accuracy


low, low_check = y_train < 5, y_test < 5
train(x_train[low], y_train[low], x_test[low_check], y_test[low_check])

# What makes features of a picture stays as it is; only the judgement learns, on few examples.
for layer in features:
    layer.trainable = False
before = model.get_weights()
high, high_check = y_train > 4, y_test > 4
x_few, y_few = x_train[high][:500], y_train[high][:500] - 5
frozen = train(x_few, y_few, x_test[high_check], y_test[high_check] - 5)
after = model.get_weights()
print("unchanged:", [bool((old == new).all()) for old, new in zip(before, after, strict=True)])

# Then all of it, in small steps.
model.trainable = True
tuned = train(x_few, y_few, x_test[high_check], y_test[high_check] - 5, rate=0.0003)
