"""The parameters of layers: when they are made, from which numbers, and how they are read and written."""

import copy
import threading

import numpy as np
import pytest

import minicnn
from minicnn import _checks, layers
from minicnn.layers import Conv2D, Dense

# -- building --------------------------------------------------------------------------------------


def test_shapes_are_known_before_any_number_is_made():
    layer = Dense(3)
    layer.build((5,))
    assert layer.count_params() == 18
    assert layer.has_parameters
    assert layer._params is None


def test_room_for_weights_is_made_without_drawing_any():
    drawn, waiting = Dense(3, input_shape=(5,)), Dense(3, input_shape=(5,), dtype="float64")
    before = drawn.get_weights()
    for layer in (drawn, waiting):
        layer.expect_weights()
    np.testing.assert_array_equal(drawn.get_weights()[0], before[0])
    assert {name: (value.shape, value.dtype) for name, value in waiting.params.items()} == {
        "kernel": ((5, 3), np.float64), "bias": ((3,), np.float64)}
    assert not waiting.params["kernel"].any()


def test_building_twice_for_one_shape_changes_nothing():
    layer = Dense(3)
    layer.build((5,))
    before = layer.get_weights()
    layer.build((5,))
    assert all(map(np.array_equal, layer.get_weights(), before))


def test_shared_weights_need_inputs_of_one_shape():
    layer = Dense(3, name="shared")
    layer.build((5,))
    with pytest.raises(_checks.MinicnnError, match=r"Dense 'shared': the layer was built for another input. "
                                                   r"Expected shape \(5,\), received \(6,\)"):
        layer.build((6,))


def test_a_convolution_may_meet_images_of_other_sizes_but_not_of_other_channels():
    layer = Conv2D(2, 3, name="shared")
    layer.build((5, 5, 1))
    layer.build((9, 7, 1))
    assert layer(np.zeros((1, 9, 7, 1))).shape == (1, 7, 5, 2)
    with pytest.raises(_checks.MinicnnError, match=r"'shared': the layer was built for another input"):
        layer(np.zeros((1, 5, 5, 2)))


def test_an_input_shape_given_late_is_checked_by_the_call():
    layer = layers.RBF(np.zeros((2, 3)), name="codes")
    layer.build((3,))
    with pytest.raises(_checks.MinicnnError, match=r"'codes': the prototypes are not as long as the input"):
        layer(np.zeros((1, 4)))


def test_two_threads_that_ask_first_get_the_same_numbers():
    for _ in range(20):
        layer, start, got = Dense(50), threading.Barrier(2), []
        layer.build((50,))

        def ask(layer=layer, start=start, got=got):
            start.wait(10)
            got.append(layer.params["kernel"].copy())

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        np.testing.assert_array_equal(*got)


def test_the_seed_of_the_process_settles_the_weights():
    def weights(seed):
        minicnn.set_random_seed(seed)
        first, second = Dense(4), Dense(4)
        first.build((3,))
        second.build((3,))
        return first.get_weights()[0], second.get_weights()[0]

    (a, b), (a_again, b_again), (other, _) = weights(1), weights(1), weights(2)
    np.testing.assert_array_equal(a, a_again)
    np.testing.assert_array_equal(b, b_again)
    assert not np.array_equal(a, b)
    assert not np.array_equal(a, other)


def test_a_copy_is_independent():
    layer = Dense(3)
    layer.build((2,))
    layer.params["kernel"][...] = 1
    twin = copy.deepcopy(layer)
    twin.params["kernel"][...] = 2
    assert (layer.params["kernel"] == 1).all()


# -- weights ---------------------------------------------------------------------------------------


def built_dense():
    layer = Dense(3, name="d")
    layer.build((2,))
    return layer


def test_weights_are_copied_out_and_in():
    layer = built_dense()
    kernel, bias = layer.get_weights()
    kernel[...] = 5
    assert not (layer.params["kernel"] == 5).any()
    arrays = dict(layer.params)
    layer.set_weights([kernel, bias])
    kernel[...] = 6
    assert (layer.params["kernel"] == 5).all()
    for name, value in layer.params.items():
        assert value is arrays[name], "the very arrays stay, others may hold them"


def test_weights_that_do_not_fit_are_all_named_and_nothing_is_changed():
    layer = built_dense()
    before = layer.get_weights()
    with pytest.raises(_checks.MinicnnError, match=r"Dense 'd'.*kernel: expected \(2, 3\), received \(3, 2\); "
                                                   r"bias: expected \(3,\), received \(2,\)"):
        layer.set_weights([np.zeros((3, 2)), np.zeros(2)])
    with pytest.raises(_checks.MinicnnError, match=r"bias: expected \(3,\)"):
        layer.set_weights([np.zeros((2, 3)), np.zeros(2)])
    with pytest.raises(_checks.MinicnnError, match=r"number of weight arrays.*Expected 2, received 1"):
        layer.set_weights([np.zeros((2, 3))])
    assert all(map(np.array_equal, layer.get_weights(), before))
