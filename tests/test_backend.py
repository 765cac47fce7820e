"""What old listings ask of ``backend``."""

from minicnn import backend, layers, losses, utils


def test_the_constants_are_those_in_use():
    assert backend.epsilon() == losses.EPSILON == 1e-7
    assert backend.floatx() == layers.Dense(1).dtype == "float32"
    assert backend.image_data_format() == "channels_last"
    assert backend.clear_session is utils.clear_session
