"""What all tests share: seeded random numbers, and hypothesis trying the same examples every time."""

import numpy as np
import pytest
from hypothesis import settings

# No deadline: the first call of a kernel may compile it.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=100)
settings.load_profile("repeatable")


@pytest.fixture
def rng():
    return np.random.default_rng(1998)
