"""The network and the digits of Figures 4, 7, 8 and 13."""

from functools import cached_property

import minicnn
from minicnn.applications import LeNet5, lenet5_images
from minicnn.augmentation import lenet5_distortions
from minicnn.datasets import digits, mnist
from minicnn.feeding import ArrayFeed
from minicnn.initializers import FanInUniform
from minicnn.losses import PenaltyMAP
from minicnn.optimizers import SDLM
from minicnn.schedules import by_pass

# The paper's first rates (section III-B), each times 1/5: see the README. It goes on to 1e-5, on 15 times the digits.
RATES = ((8, 1e-4), (6, 4e-5), (6, 2e-5))


class Subject:
    """What the figures are of.

    model_file: a trained LeNet-5; without one it is trained on the package's digits. results: the folder that "minicnn
    reproduce lenet5" left.
    """

    def __init__(self, model_file=None, results=None):
        self.model_file, self.results = model_file, results

    @cached_property
    def digits(self):
        """(bytes (N, 28, 28), their digits): MNIST's test digits where MNIST is installed, else the package's."""
        return mnist.load_data()[1] if mnist.is_installed() else digits.load_data()[1]

    @property
    def digits_are(self):
        """What `digits` are, in words."""
        if mnist.is_installed():
            return "MNIST's 10,000 test digits"
        # They are of MNIST's training set: of no use to judge a network that was trained on all of it.
        return f"{len(self.digits[0]):,} digits that come with the package, held out from its own trainings"

    @cached_property
    def model(self):
        """The trained network."""
        if self.model_file is None:
            return trained(*digits.load_data()[0])
        model = minicnn.load_model(self.model_file)
        shape, last = model.graph.inputs[0].sample_shape, model.layers[-1]
        if shape != (32, 32, 1) or not last.penalties:
            raise SystemExit(f"{self.model_file} is no LeNet-5 of 1998: it takes {shape} and ends in {last}. "
                             "'minicnn train lenet5' makes one.")
        return model

    @property
    def model_is(self):
        """What `model` is and what it is asked, in words."""
        passes = sum(n for n, _ in RATES)
        origin = (f"a network that was trained before ({self.model_file})" if self.model_file is not None else
                  f"a network that was trained in seconds: {passes} passes over 4,000 digits, each time distorted (the "
                  "paper's: 20 passes over 60,000)")
        return f"Here answers {origin}. It is asked for {self.digits_are}."

    @cached_property
    def answers(self):
        """The model's answers to all `digits`."""
        return self.model.predict_classes(lenet5_images(self.digits[0]))


def trained(images, labels, rates=RATES):
    """LeNet-5 by the paper's own method, pattern by pattern with distortions, each parameter at its own rate."""
    print(f"Training LeNet-5 on {len(images):,} digits, {sum(n for n, _ in rates)} passes.", flush=True)
    minicnn.set_random_seed(0)
    model = LeNet5(FanInUniform(1.0, 0.5))
    model.compile(SDLM(by_pass(rates, len(images))), PenaltyMAP(), steps_per_execution=500)
    feed = ArrayFeed(lenet5_images(images), labels.astype("int64"), batch_size=1, transform=lenet5_distortions())
    model.fit(feed, epochs=sum(n for n, _ in rates), verbose=2)
    return model
