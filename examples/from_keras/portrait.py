"""What do convolution, ReLU and pooling make of a colour picture, before anything was learned?

    python examples/from_keras/portrait.py [FOLDER]               about 5 seconds

FOLDER is where the pictures go; the current one when not given. The picture is the portrait of Grace Hopper that comes
with Matplotlib; the kernels are random.
In Keras these are the import lines, and nothing else differs:

    from keras.layers import Activation, Conv2D, Input, MaxPooling2D
    from keras.models import Sequential
    from keras.utils import set_random_seed
"""

import os
import sys

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cbook import get_sample_data

from minicnn.layers import Activation, Conv2D, Input, MaxPooling2D
from minicnn.models import Sequential
from minicnn.utils import set_random_seed

FOLDER = sys.argv[1] if len(sys.argv) > 1 else "."

with get_sample_data("grace_hopper.jpg") as file:
    portrait = plt.imread(file)
print("the portrait:", portrait.shape, portrait.dtype)


def through(*layers):
    """What an untrained network of these layers makes of the portrait, and the same picture for the same layers."""
    set_random_seed(1)
    model = Sequential([Input(portrait.shape), *layers])
    batch = np.expand_dims(portrait, axis=0)
    return np.squeeze(model.predict(batch, verbose=0), axis=0)


def draw(pictures, title, file):
    """Pictures side by side: one channel in gray, three as red, green and blue; each from its smallest number to its
    largest."""
    figure, axes = plt.subplots(1, len(pictures), figsize=(2.6 * len(pictures), 3.8), layout="constrained")
    for ax, (name, picture) in zip(axes, pictures.items(), strict=True):
        picture = (picture - picture.min()) / (picture.max() - picture.min())
        ax.imshow(np.squeeze(picture), cmap="gray")
        ax.set_title(f"{name}\n{' x '.join(map(str, picture.shape))}", fontsize=9)
        ax.axis("off")
    figure.suptitle(title, fontsize=11)
    figure.savefig(os.path.join(FOLDER, file), dpi=100)
    plt.close(figure)
    print(f"{file}: {', '.join(f'{name} {picture.shape}' for name, picture in pictures.items())}")


draw({"the portrait": portrait} | {
    f"kernel {size} x {size}": through(Conv2D(3, (size, size))) for size in (3, 10, 15)
}, "one convolution of three filters", "convolution.png")

draw({f"kernel {size} x {size}": through(Conv2D(3, (size, size)), Activation("relu")) for size in (3, 10, 15)},
     "convolution and ReLU", "relu.png")

draw({f"pooling {size} x {size}": through(MaxPooling2D(pool_size=(size, size))) for size in (2, 5)},
     "pooling alone", "pooling.png")

draw({f"kernel {size} x {size}": through(Conv2D(3, (size, size)), Activation("relu"), MaxPooling2D((5, 5)))
      for size in (3, 10, 15)}, "convolution, ReLU and pooling 5 x 5", "conv_relu_pool.png")

draw({f"{first} and {second} filters": through(
    Conv2D(first, (3, 3)), Activation("relu"), MaxPooling2D((2, 2)),
    Conv2D(second, (3, 3)), Activation("relu"), MaxPooling2D((2, 2))) for first, second in ((1, 1), (3, 1), (3, 3))},
    "twice convolution, ReLU and pooling, as in LeNet", "lenet.png")
