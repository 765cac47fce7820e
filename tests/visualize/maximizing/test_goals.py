"""What can be maximized: scores by hand, slopes by finite differences, and what is not there."""

import numpy as np
import pytest

from minicnn._checks import MinicnnError
from minicnn.applications import LeNet5
from minicnn.layers import Add, Conv2D, Dense, Flatten
from minicnn.models import Input, Model, Sequential
from minicnn.visualize.maximizing.goals import goals_of

RNG = np.random.default_rng(4)
NET = Sequential([Input((6, 7, 2)), Conv2D(3, 3, activation="tanh", name="conv"), Flatten(name="flat"),
                  Dense(4, activation="softmax", name="out")], name="net").astype("float64")
LENET5 = LeNet5().astype("float64")
X = RNG.random((2, 6, 7, 2))


def scores(target, layer=None, model=NET, x=X):
    goals = goals_of(model, target, layer, "here")
    (goal,) = goals.goals
    return goals.scores(x, [goal] * len(x))


def test_a_class_is_scored_before_the_softmax():
    np.testing.assert_allclose(scores(2), NET.activations(X)["out/pre"][:, 2])


def test_of_penalties_the_score_is_minus_the_penalty():
    x = RNG.random((2, 32, 32, 1))
    np.testing.assert_allclose(scores(7, model=LENET5, x=x), -LENET5.predict(x, verbose=0)[:, 7])
    np.testing.assert_allclose(scores(7, "RBF", LENET5, x), scores(7, model=LENET5, x=x))


def test_a_channel_is_the_mean_of_its_positions():
    np.testing.assert_allclose(scores(1, "conv"), NET.activations(X)["conv"][..., 1].mean(axis=(1, 2)))
    np.testing.assert_allclose(scores(1, NET.get_layer("conv")), scores(1, "conv"))


def test_a_unit_has_a_place():
    np.testing.assert_allclose(scores((3, 4, 1), "conv/pre"), NET.activations(X)["conv/pre"][:, 3, 4, 1])
    np.testing.assert_allclose(scores(11, "flat"), NET.activations(X)["flat"][:, 11])


def test_a_layer_of_a_model_that_is_a_layer():
    x = Input((6, 7, 2))
    model = Model(x, Dense(2)(NET(x))).astype("float64")
    np.testing.assert_allclose(scores((3, 4, 1), "net/conv", model), scores((3, 4, 1), "conv"))
    goals = goals_of(model, (3, 4, 1), "net/conv", "here")
    assert goals.rectangle(goals.goals[0]) == (3, 4, 3, 3)


def test_several_targets_each_for_its_picture():
    goals = goals_of(NET, [2, (0, 1, 2)], "conv", "here")
    assert [goal.name for goal in goals.goals] == ["channel 2", "unit (0, 1, 2)"]
    value = NET.activations(X)["conv"]
    np.testing.assert_allclose(goals.scores(X, goals.goals), [value[0, ..., 2].mean(), value[1, 0, 1, 2]])
    assert [goal.name for goal in goals_of(NET, None, None, "here").goals] == [f"class {i}" for i in range(4)]
    assert [goal.name for goal in goals_of(NET, np.array([3, 0]), "out", "here").goals] == ["unit 3", "unit 0"]


@pytest.mark.parametrize(("model", "target", "layer"), [
    (NET, 3, None), (NET, 0, "conv"), (NET, (1, 2, 0), "conv"), (NET, 2, "out"), (LENET5, 4, None), (LENET5, 5, "C3"),
    (LENET5, (2, 3, 9), "S4")], ids=str)
def test_slopes_are_those_of_finite_differences(model, target, layer):
    goals = goals_of(model, target, layer, "here")
    x = RNG.random((1, *goals.shape))
    score, gradient = goals.slope(x, goals.goals)
    np.testing.assert_allclose(score, goals.scores(x, goals.goals))
    for _ in range(5):
        step = 1e-5 * RNG.normal(size=x.shape)
        difference = goals.scores(x + step, goals.goals) - goals.scores(x - step, goals.goals)
        np.testing.assert_allclose(difference, [2 * (gradient * step).sum()], rtol=1e-5, atol=1e-12)


def test_what_a_unit_sees_and_the_middle_one_of_a_channel():
    goals = goals_of(NET, [(0, 4, 2), 1], "conv", "here")
    assert [goals.rectangle(goal) for goal in goals.goals] == [(0, 4, 3, 3), (1, 2, 3, 3)]
    (goal,) = goals_of(NET, [1], None, "here").goals
    assert goals_of(NET, [1], None, "here").rectangle(goal) == (0, 0, 6, 7)


@pytest.mark.parametrize(("target", "layer", "message"), [
    (4, None, r"^here: there is no such class\. Expected 0 to 3, received 4"),
    (-1, None, "there is no such class"),
    (3, "conv", r"^here: layer 'conv': there is no such channel\. Expected 0 to 2, received 3"),
    (4, "out", "there is no such unit"),
    ((4, 0, 0), "conv", r"unit \(4, 0, 0\): there is no such row\. Expected 0 to 3, received 4"),
    ((0, 5, 0), "conv", "there is no such column"),
    ((0, 0, 3), "conv", "there is no such channel"),
    ((0, 1), "conv", r"not the place of a unit\. Expected \(row, column, channel\), received \(0, 1\)\. Several"),
    ((0, 1, 2), None, r"not the place of a unit\. Expected a number.*Several of them stand in a list"),
    ("3", None, "the class is told by a number"),
    (True, None, "the class is told by a number"),
    (1.0, "conv", "the channel is told by a number"),
    ([], None, "there is no target"),
    (0, "conv2", r"here: layer 'conv2'.*Did you mean 'conv'"),
    (0, "input_layer", "this is the input itself.*There are conv, flat, out"),
])
def test_targets_that_are_not_there(target, layer, message):
    model = Sequential([Input((6, 7, 2), name="input_layer"), Conv2D(3, 3, name="conv"), Flatten(name="flat"),
                        Dense(4, name="out")])
    with pytest.raises(MinicnnError, match=message):
        goals_of(model, target, layer, "here")


def test_models_that_do_not_take_one_picture():
    a, b = Input((3,)), Input((3,))
    for model in (Model([a, b], Add()([a, b])), Sequential([Input((3,)), Dense(2)])):
        with pytest.raises(MinicnnError, match=r"here: .*does not take one picture.*Expected one input"):
            goals_of(model, 0, None, "here")
