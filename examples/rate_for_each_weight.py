"""Can each weight have a learning rate of its own, and LeNet-5 learn image by image, as in 1998?

The paper trains on one image at a time, and gives each weight the rate eta / (mu + h), where h tells how the loss
curves along this weight: "stochastic diagonal Levenberg-Marquardt" (section III-B and appendix C). A weight that many
places share, or that stands near the output, curves the loss more, and gets smaller steps.

    python examples/rate_for_each_weight.py      about 5 seconds

The very first run of all takes up to half a minute longer: it compiles the loop. With eta as printed in the paper the
training collapses; at a fifth of it, it goes well.
"""

import numpy as np

import minicnn
from minicnn import losses, optimizers
from minicnn.applications import LeNet5, lenet5_images
from minicnn.datasets import digits
from minicnn.initializers import FanInUniform
from minicnn.optimizers.sdlm import PAPER_RATES

ETAS = [rate / 5 for _, rate in PAPER_RATES]  # of the paper's 5e-4, 2e-4, 1e-4, 5e-5, 1e-5

(images, labels), (test_images, test_labels) = digits.load_data()
x, test_x = lenet5_images(images), lenet5_images(test_images)

minicnn.set_random_seed(0)
model = LeNet5(FanInUniform(1.0, 0.5))
model.compile(optimizers.SDLM(), losses.PenaltyMAP(j=10), metrics=["accuracy"], steps_per_execution=500)


def wrong() -> float:
    """Percent of the test digits that are not recognized."""
    return 100 * float((model.predict_classes(test_x) != test_labels).mean())


print(f"  eta    wrong in training, of {len(test_x):,} test digits, and the rates of the 60,000 weights in this pass")
for eta in ETAS:
    model.optimizer.learning_rate = eta
    # One step behind every image; up to 500 such steps are done in one call.
    history = model.fit(x, labels, batch_size=1, verbose=0).history
    training = 100 - 100 * history["accuracy"][0]
    print(f"{eta:.0e}  {training:5.2f} %  {wrong():5.2f} %  {model.optimizer.describe()}")

print("\nRates by layer, smallest, in the middle, and largest:")
for key, rates in model.optimizer.rates.items():
    print(f"  {key:15s} {rates.min():9.1e} {np.median(rates):9.1e} {rates.max():9.1e}")
