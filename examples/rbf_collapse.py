"""Why do the centers of LeNet-5's output layer stay fixed, and what must change where they may move?

The output layer measures the squared distances from the 84 numbers of F6 to a center for each digit. The loss of
eq. 8 is the distance to the center of the right digit, and nothing else: the smaller, the better. If the centers
may move, there is a cheap way to make it zero for every image: bring all the centers to one point, and let the network
answer with that point whatever it sees (LeCun et al. 1998, section II-C). Eq. 9 adds a term that pushes the centers of
the wrong digits away, and the way is closed.

    python examples/rbf_collapse.py      about 4 seconds

The same small network three times, on the digits that come with the package.
"""

import numpy as np

import minicnn
from minicnn import layers, losses, optimizers
from minicnn.datasets import digits, rbf_codes
from minicnn.initializers import FanInUniform

EPOCHS = 20

(x_train, y_train), (x_test, y_test) = digits.load_data()
x_train, x_test = (x[:, ::2, ::2].astype("float32") / 255 for x in (x_train[:2000], x_test))
y_train = y_train[:2000]


def network(trainable: bool) -> minicnn.Sequential:
    """196 pixels -> 40 units -> 84 units -> the distances to ten centers, which start at the paper's codes."""
    minicnn.set_random_seed(0)
    start = FanInUniform(1.0, 0.5)
    return minicnn.Sequential([
        layers.Flatten(input_shape=(14, 14)),
        layers.Dense(40, "scaled_tanh", kernel_initializer=start),
        layers.Dense(84, "scaled_tanh", kernel_initializer=start, name="F6"),
        layers.RBF(rbf_codes.prototypes("0123456789"), trainable=trainable, name="RBF")])


def apart(centers: np.ndarray) -> float:
    """The mean distance between two different centers."""
    distances = np.sqrt(np.square(centers[:, None] - centers).sum(axis=-1))
    return float(distances.sum() / (len(centers) * (len(centers) - 1)))


def wrong(model: minicnn.Sequential) -> float:
    """Percent of the test digits for which another center than the right one is nearest."""
    return 100 * float((model.predict_classes(x_test) != y_test).mean())


def run(title: str, loss: losses.Loss, trainable: bool) -> None:
    """Train, and tell what became of the centers."""
    model = network(trainable)
    model.compile(optimizers.SGD(0.05), loss)
    print(f"\n{title}\n  epoch      loss   centers apart   wrong of 1,000 test digits")
    for epoch in range(EPOCHS + 1):
        if epoch:
            model.fit(x_train, y_train, batch_size=10, verbose=0)
        if epoch in (0, 1, 2, 5, 10, EPOCHS):
            value, distance = model.evaluate(x_train, y_train, verbose=0), apart(model.get_layer("RBF").prototypes)
            print(f"  {epoch:5d}  {value:8.3f}  {distance:14.3f}   {wrong(model):5.1f} %")
    if distance < 0.5:
        print("  Collapsed: the centers meet, the loss goes to zero, and the answers get worse and worse.")


run("Eq. 8, centers fixed", losses.PenaltyMLE(), trainable=False)
run("Eq. 8, centers may move", losses.PenaltyMLE(), trainable=True)
run("Eq. 9 (j = 10), centers may move", losses.PenaltyMAP(10.0), trainable=True)
