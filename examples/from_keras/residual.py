"""Does a network with a shortcut and batch normalization learn digits, in the functional way of writing?

    python examples/from_keras/residual.py                        about 10 seconds

In Keras these are the import lines, and nothing else differs:

    import keras
    from keras import layers
"""

import minicnn as keras
from minicnn import layers
from minicnn.datasets import digits as mnist

keras.utils.set_random_seed(0)
(x_train, y_train), (x_test, y_test) = mnist.load_data()


def block(x, filters, strides=1):
    """Two convolutions, and around them a shortcut: as it is, or through a 1x1 convolution where the shape changes."""
    shortcut = x
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Activation("relu")(x)
    x = layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    if strides > 1 or shortcut.shape[-1] != filters:
        shortcut = layers.Conv2D(filters, 1, strides=strides, use_bias=False)(shortcut)
        shortcut = layers.BatchNormalization(momentum=0.9)(shortcut)
    return layers.Activation("relu")(layers.add([x, shortcut]))


inputs = keras.Input(shape=(28, 28, 1))
x = layers.Rescaling(1.0 / 255)(inputs)
x = layers.Conv2D(8, 3, strides=2, padding="same", use_bias=False)(x)
x = layers.BatchNormalization(momentum=0.9)(x)
x = layers.Activation("relu")(x)
x = block(x, 8)
x = block(x, 16, strides=2)
x = layers.GlobalAveragePooling2D()(x)
outputs = layers.Dense(10, activation="softmax")(x)

model = keras.Model(inputs, outputs, name="small_resnet")
model.summary()
model.compile(optimizer=keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x_train[..., None], y_train, batch_size=50, epochs=3, verbose=2)
loss, accuracy = model.evaluate(x_test[..., None], y_test, verbose=0)
print(f"Test accuracy: {accuracy:.3f}")
