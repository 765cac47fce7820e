"""The networks of these tests start with the same numbers every time."""

import pytest

import minicnn


@pytest.fixture(scope="module", autouse=True)
def _seeded():
    minicnn.set_random_seed(6)
