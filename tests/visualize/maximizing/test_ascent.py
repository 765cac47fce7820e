"""Activation maximization of networks: it beats every training image, stays in its frame and says where it fails."""

import threading

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.graph import push_forward
from minicnn.layers import RBF, Conv2D, Dense, Flatten, GlobalAveragePooling2D
from minicnn.models import Input, Sequential
from minicnn.visualize import maximize_activation
from minicnn.visualize.maximizing import Classic, Regularized, ascent
from minicnn.visualize.scoring import class_scores, scores_of

QUICK = Regularized(steps=80, starts=2)
RNG = np.random.default_rng(2)


def value_of(model, name, x):
    """A value by name, for many images."""
    node = model.graph.names[name]
    parts = [push_forward(model.graph, [x[i:i + 500]], keep=[node], remember=False)[0][node]
             for i in range(0, len(x), 500)]
    return np.concatenate(parts)


def some_net():
    net = Sequential([Input((9, 9, 1)), Conv2D(3, 3, activation="relu", name="conv"), GlobalAveragePooling2D(),
                      Dense(2, activation="softmax", name="out")], name="net")
    kernel, bias = net.get_layer("conv").weights
    kernel[...], bias[...] = RNG.normal(size=kernel.shape), 0.1
    return net


NET = some_net()


# -- higher than all images ----------------------------------------------------------------------


def test_every_class_is_raised_above_all_training_images(digit_net, train_images):
    found = maximize_activation(digit_net, recipe=Regularized(starts=1), like=train_images, verbose=0)
    best = scores_of(digit_net, [train_images], class_scores(digit_net, "here"), 500).max(axis=0)
    assert (found.scores > best).all()
    assert digit_net.predict_classes(found.images).tolist() == list(range(10))
    assert (found.images.min(), found.images.max()) == (0, 1)


def test_so_are_channels_and_units(digit_net, train_images):
    value = value_of(digit_net, "conv2", train_images)
    channels = maximize_activation(digit_net, [0, 3, 5], layer="conv2", recipe=QUICK, verbose=0)
    assert (channels.scores > value[..., [0, 3, 5]].mean(axis=(1, 2)).max(axis=0)).all()
    unit = maximize_activation(digit_net, (3, 4, 5), layer="conv2", recipe=QUICK, verbose=0)
    assert unit.scores > value[:, 3, 4, 5].max()
    dense = maximize_activation(digit_net, 7, layer="dense2/pre", recipe=QUICK, verbose=0)
    assert dense.scores > value_of(digit_net, "dense2/pre", train_images)[:, 7].max()


def test_of_penalties_the_picture_of_a_class_has_the_smallest():
    net = Sequential([Input((6, 6, 1)), Flatten(), Dense(4, activation="tanh"), RBF([[1, 1, -1, -1], [-1, 1, -1, 1]])])
    images = RNG.random((500, 6, 6, 1)).astype("float32")
    found = maximize_activation(net, recipe=QUICK, verbose=0)
    assert (found.scores > -net.predict(images, verbose=0).min(axis=0)).all()
    assert net.predict_classes(found.images).tolist() == [0, 1]
    assert found.remark == "score: minus the penalty"


def test_the_scores_are_those_of_the_images():
    for target, name in ((0, "out/pre"), (1, "out/pre")):
        found = maximize_activation(NET, target, recipe=QUICK, verbose=0)
        np.testing.assert_allclose(found.scores, NET.activations(found.images)[name][:, target], rtol=1e-5)


# -- the same again ------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", [Regularized(steps=20, starts=2), Classic(steps=20, starts=2, give_up=False)],
                         ids=["default", "classic"])
def test_a_picture_depends_on_the_seed_and_neither_on_other_targets_nor_on_the_batch(recipe):
    def run(*target, **options):
        return maximize_activation(NET, *target, layer="conv/pre", recipe=recipe, verbose=0, **options)

    targets = [0, (3, 3, 1), 2, (2, 2, 0)]
    together = run(targets)
    np.testing.assert_array_equal(run(targets).images, together.images)
    for i, target in enumerate(targets):
        np.testing.assert_allclose(run(target).images[0], together.images[i], atol=1e-4)
    np.testing.assert_allclose(run(targets, batch_size=1).images, together.images, atol=1e-4)
    assert np.abs(run(targets, seed=1).images - together.images).max() > 0.01


def test_models_are_left_alone_and_threads_do_not_meet():
    weights = [w.copy() for w in NET.weights]
    expected = maximize_activation(NET, recipe=QUICK, verbose=0).images
    found = {}
    threads = [threading.Thread(target=lambda i=i: found.update(
        {i: maximize_activation(NET, recipe=QUICK, verbose=0).images})) for i in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for images in found.values():
        np.testing.assert_array_equal(images, expected)
    assert len(found) == 2
    for before, after in zip(weights, NET.weights, strict=True):
        np.testing.assert_array_equal(before, after)
    assert len(NET.get_layer("conv").calls) == 1


def test_numbers_are_of_the_models_type():
    found = maximize_activation(NET.astype("float64"), 0, recipe=QUICK, verbose=0)
    assert found.images.dtype == np.float64
    assert maximize_activation(NET, 0, recipe="classic", verbose=0).images.dtype == np.float32


# -- the frame -----------------------------------------------------------------------------------


def test_one_unit_is_cut_to_what_it_sees():
    found = maximize_activation(NET, [(0, 6, 1), (3, 3, 1)], layer="conv", recipe=QUICK, verbose=0)
    assert found.rectangles == [(0, 6, 3, 3), (3, 3, 3, 3)]
    assert [crop.shape for crop in found.crops] == [(3, 3, 1)] * 2
    np.testing.assert_array_equal(found.crops[1], found.pictures[1, 3:6, 3:6])
    beyond = found.images.copy()
    beyond[1] = RNG.random((9, 9, 1))
    beyond[1, 3:6, 3:6] = found.images[1, 3:6, 3:6]
    np.testing.assert_allclose(NET.activations(beyond)["conv"][1, 3, 3, 1], found.scores[1], rtol=1e-5)


def test_a_unit_of_the_first_layer_gets_its_own_kernel():
    found = maximize_activation(NET, (3, 3, 1), layer="conv/pre", recipe=Regularized(decay=0, variation=0), verbose=0)
    kernel = NET.get_layer("conv").params["kernel"][..., 0, 1]
    np.testing.assert_array_equal(found.crops[0][..., 0] > 0.5, kernel > 0)


def test_a_channel_is_cut_where_asked():
    whole = maximize_activation(NET, 1, layer="conv", recipe=QUICK, verbose=0)
    cut = maximize_activation(NET, 1, layer="conv", recipe=QUICK, crop=True, verbose=0)
    assert whole.rectangles == [(0, 0, 9, 9)]
    assert cut.rectangles == [(3, 3, 3, 3)]
    np.testing.assert_array_equal(cut.crops[0], whole.pictures[0, 3:6, 3:6])
    unit = maximize_activation(NET, (0, 0, 1), layer="conv", recipe=QUICK, crop=False, verbose=0)
    assert unit.crops[0].shape == (9, 9, 1)


# -- what leads nowhere --------------------------------------------------------------------------


def half_dead():
    net = Sequential([Input((6, 6, 1)), Conv2D(2, 3, activation="relu", name="conv"), GlobalAveragePooling2D(),
                      Dense(2, name="out")], name="net")
    net.get_layer("conv").weights[0][...] = 0.1
    net.get_layer("conv").weights[1][...] = (0, -100)
    net.get_layer("out").weights[0][...] = 1
    return net


@pytest.mark.parametrize("recipe", [QUICK, Classic(steps=20)], ids=["default", "classic"])
def test_a_dead_channel_is_said_and_has_no_picture(recipe):
    with pytest.warns(UserWarning, match="visualize.maximize_activation: conv: channel 1: "):
        found = maximize_activation(half_dead(), layer="conv", recipe=recipe, verbose=0)
    assert found.lost.tolist() == [False, True]
    assert np.isnan(found.images[1]).all()
    assert np.isnan(found.pictures[1]).all()
    assert np.isnan(found.scores).tolist() == [False, True]


def test_where_all_is_dead_it_is_an_error_with_its_cure():
    with pytest.raises(MinicnnError, match=r"conv: channel 1: from no start.*comes before it: layer='conv/pre'"):
        maximize_activation(half_dead(), 1, layer="conv", recipe=QUICK, verbose=0)
    with pytest.raises(MinicnnError, match=r"gave up every start.*recipe='default' does not give up"):
        maximize_activation(half_dead(), 1, layer="conv", recipe="classic", verbose=0)
    assert maximize_activation(half_dead(), 1, layer="conv/pre", recipe=QUICK, verbose=0).scores < -90


def test_a_network_of_numbers_that_are_none():
    net = half_dead()
    net.get_layer("out").weights[0][...] = np.inf
    message = "visualize.maximize_activation: scores: 2 of 2 values are not finite"
    with np.errstate(all="ignore"), pytest.raises(MinicnnError, match=message):
        maximize_activation(net, 0, recipe=QUICK, verbose=0)


# -- use -----------------------------------------------------------------------------------------


def test_a_bar_is_drawn_on_what_takes_long(capsys, monkeypatch):
    maximize_activation(NET, 0, recipe=Regularized(steps=3))
    assert capsys.readouterr().out == ""
    monkeypatch.setattr(ascent, "PATIENCE", 0.0)
    maximize_activation(NET, [0, 1], recipe=Regularized(steps=3, starts=1), batch_size=1)
    assert capsys.readouterr().out.startswith("6/6 ")
    maximize_activation(NET, 0, recipe=Regularized(steps=3), verbose=0)
    assert capsys.readouterr().out == ""


def test_large_networks_climb_in_small_batches():
    def size(side):
        net = Sequential([Input((side, side, 3)), Conv2D(64, 3, name="conv")])
        return ascent._batch_size(ascent.goals_of(net, 0, "conv", "here"))

    assert size(8) == 64
    assert size(600) == 5
    assert size(3000) == 1


@pytest.mark.parametrize(("options", "message"), [
    ({"recipe": "clasic"}, r"recipe 'clasic'.*Did you mean 'classic'"),
    ({"recipe": Classic}, r"recipe <class.*make an object of it: Classic\(\.\.\.\)"),
    ({"seed": -1}, "seed must be an integer"),
    ({"batch_size": 0}, "batch_size must be an integer"),
    ({"crop": "yes"}, "crop must be True or False"),
    ({"verbose": "no"}, "verbose must be an integer"),
    ({"range": (1, 0)}, "range must grow"),
    ({"target": 2}, "there is no such class"),
])
def test_wrong_arguments(options, message):
    with pytest.raises(MinicnnError, match=f"^visualize.maximize_activation.*{message}"):
        maximize_activation(NET, **options)
