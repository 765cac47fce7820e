"""What the tests of augmentation share: steps by hand, and both versions of the resampling."""

import numpy as np
import pytest

from minicnn.augmentation import reference, with_numba

STILL = {"mirror": False, "scale": 1.0, "squeeze": 1.0, "shear": 0.0, "rotate": 0.0, "translate_x": 0.0,
         "translate_y": 0.0}


@pytest.fixture
def steps():
    """Steps of one image that change nothing but what is given."""
    def make(**given):
        assert given.keys() <= STILL.keys()
        return {name: np.array([value]) for name, value in (STILL | given).items()}
    return make


@pytest.fixture
def random_steps():
    def make(count, rng):
        def within(limit):
            return rng.uniform(-limit, limit, count)
        return {"mirror": rng.random(count) < 0.5, "scale": np.exp(within(0.4)), "squeeze": np.exp(within(0.4)),
                "shear": within(0.5), "rotate": within(180), "translate_x": within(3), "translate_y": within(3)}
    return make


@pytest.fixture(params=[reference, with_numba], ids=["reference", "numba"])
def resample(request):
    return request.param.resample
