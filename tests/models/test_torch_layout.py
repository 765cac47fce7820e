"""Weights that go to PyTorch and come from it: the same outputs as the live modules, or a refusal in words."""

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Model, Sequential
from minicnn.layers import (
    Activation,
    Add,
    AveragePooling2D,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Conv2DTranspose,
    Dense,
    DepthwiseConv2D,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    MaxPooling2D,
    ReLU,
    Reshape,
    Subsampling2D,
)

pytest.importorskip("safetensors")

EPSILON = 1e-5  # torch's


@pytest.fixture(scope="session")
def torch():
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


def lenet(nn):
    theirs = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 2), nn.ReLU(), nn.Flatten(),
                           nn.Linear(6 * 2 * 3, 7), nn.ReLU(), nn.Linear(7, 7), nn.Linear(7, 7))
    ours = Sequential([Input((8, 10, 3)), Conv2D(4, 3, activation="relu"), MaxPooling2D(), Conv2D(6, 2), ReLU(),
                       Flatten(), Dropout(0.5), Dense(7, activation="relu"), Dense(7), Dense(7)])
    return theirs, ours


def normalized(nn):
    theirs = nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU(),
                           nn.Flatten(), nn.BatchNorm1d(4 * 3 * 4), nn.Linear(48, 5))
    ours = Sequential([Input((5, 6, 3)), BatchNormalization(epsilon=EPSILON), Conv2D(4, 3, use_bias=False),
                       BatchNormalization(epsilon=EPSILON), ReLU(), Flatten(), BatchNormalization(epsilon=EPSILON),
                       Dense(5)])
    return theirs, ours


def groups(nn):
    theirs = nn.Sequential(nn.Conv2d(4, 8, 3, groups=2), nn.Conv2d(8, 16, 3, groups=8), nn.ReLU(),
                           nn.Conv2d(16, 5, 1), nn.Conv2d(5, 5, 2, groups=5, bias=False), nn.Flatten(),
                           nn.Linear(5 * 2 * 3, 2))
    ours = Sequential([Input((7, 8, 4)), Conv2D(8, 3, groups=2), DepthwiseConv2D(3, depth_multiplier=2), ReLU(),
                       Conv2D(5, 1), DepthwiseConv2D(2, use_bias=False), Flatten(), Dense(2)])
    return theirs, ours


def transposed(nn):
    theirs = nn.Sequential(nn.ConvTranspose2d(3, 3, 3, stride=2), nn.Tanh(), nn.ConvTranspose2d(3, 2, 2),
                           nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 3))
    ours = Sequential([Input((3, 4, 3)), Conv2DTranspose(3, 3, strides=2), Activation("tanh"), Conv2DTranspose(2, 2),
                       GlobalAveragePooling2D(), Dense(3)])
    return theirs, ours


def nested(nn):
    theirs = nn.Sequential(nn.Sequential(nn.Conv2d(2, 3, 2), nn.Conv2d(3, 3, 2), nn.Flatten()),
                           nn.Sequential(nn.Linear(12, 12), nn.Linear(12, 12)), nn.Linear(12, 4))
    x = Input((4, 4, 2))
    y = Sequential([Input((4, 4, 2)), Conv2D(3, 2), Conv2D(3, 2), Reshape((12,))], name="features")(x)
    y = Sequential([Input((12,)), Dense(12), Dense(12)], name="classifier")(y)
    return theirs, Model(x, Dense(4)(y))


PAIRS = [lenet, normalized, groups, transposed, nested]


def randomized(torch, module, seed=0):
    """All numbers random, also those that start as zeros or ones; ready to predict."""
    rng = np.random.default_rng(seed)
    for name, value in module.state_dict().items():
        if value.dtype.is_floating_point:
            low = 0.3 if name.endswith("running_var") else -0.4
            value.copy_(torch.from_numpy(rng.uniform(low, 0.4, value.shape).astype(np.float32)))
    return module.eval()


def deviation(torch, theirs, ours):
    """The largest difference of the outputs for a few random images."""
    x = np.random.default_rng(5).standard_normal((4, *ours.input.sample_shape)).astype(np.float32)
    with torch.no_grad():
        expected = theirs(torch.from_numpy(x.transpose(0, 3, 1, 2).copy())).numpy()
    return np.abs(ours.predict(x, verbose=0) - expected).max()


@pytest.mark.parametrize("pair", PAIRS)
def test_a_file_of_torch_predicts_the_same(torch, pair, tmp_path):
    from safetensors.torch import save_file

    theirs, ours = pair(torch.nn)
    randomized(torch, theirs)
    assert deviation(torch, theirs, ours) > 1e-2
    save_file(theirs.state_dict(), tmp_path / "torch.safetensors")
    ours.load_weights(tmp_path / "torch.safetensors", layout="torch")
    assert deviation(torch, theirs, ours) < 1e-5


@pytest.mark.parametrize("pair", PAIRS)
def test_torch_loads_a_file_of_ours(torch, pair, tmp_path):
    from safetensors.torch import load_file

    theirs, ours = pair(torch.nn)
    randomized(torch, theirs)
    modules = list(dict.fromkeys(name.rpartition(".")[0] for name in theirs.state_dict()))
    paths = [path for path, chain in ours.graph.leaves.items() if chain[-1].has_parameters]
    names = dict(zip(paths, modules, strict=True))
    ours.save_weights(tmp_path / "ours.safetensors", layout="torch", names=names)
    theirs.load_state_dict(load_file(tmp_path / "ours.safetensors"))
    assert deviation(torch, theirs, ours) < 1e-5
    before = ours.get_weights()
    ours.set_weights([np.zeros_like(array) for array in before])
    ours.load_weights(tmp_path / "ours.safetensors", layout="torch", names=names)
    assert all(map(np.array_equal, before, ours.get_weights()))


def test_branches_that_join_behind_their_flattening(torch, tmp_path):
    from safetensors.torch import save_file

    class Theirs(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.one, self.two = torch.nn.Conv2d(2, 3, 2), torch.nn.Conv2d(2, 3, 2)
            self.last, self.first = torch.nn.Linear(3 * 9 * 2 + 4, 4), torch.nn.Linear(2 * 16, 4)

        def forward(self, x):
            one, two = self.one(x).relu().flatten(1), self.two(x).flatten(1)
            summed, flat = one + two, self.first(x.flatten(1))
            return self.last(torch.cat([flat, summed, two], 1))

    x = Input((4, 4, 2))
    one, two = Flatten()(ReLU()(Conv2D(3, 2, name="one")(x))), Flatten()(Conv2D(3, 2, name="two")(x))
    flat = Dense(4, name="first")(Flatten()(x))
    ours = Model(x, Dense(4, name="last")(Concatenate()([flat, Add()([one, two]), two])))
    theirs = randomized(torch, Theirs())
    save_file(theirs.state_dict(), tmp_path / "torch.safetensors")
    # The names are the same: so they decide, though both convolutions are alike and not numbered.
    ours.load_weights(tmp_path / "torch.safetensors", layout="torch")
    assert deviation(torch, theirs, ours) < 1e-5


def test_numbers_of_other_types_are_cast(torch, tmp_path):
    from safetensors.torch import save_file

    theirs, ours = lenet(torch.nn)
    randomized(torch, theirs)
    for dtype in (torch.float64, torch.float16, torch.bfloat16):
        save_file(theirs.to(dtype).state_dict(), tmp_path / "t.safetensors")
        ours.load_weights(tmp_path / "t.safetensors", layout="torch")
        kernel = theirs[0].weight.detach().to(torch.float32).numpy().transpose(2, 3, 1, 0)
        assert np.array_equal(ours.get_weights()[0], kernel), dtype


# -- without torch -----------------------------------------------------------------------------


def write(path, arrays):
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, path)
    return path


def random(*shapes):
    return [np.random.default_rng(7).standard_normal(shape).astype(np.float32) for shape in shapes]


def test_numbers_in_names_are_counted_not_spelled(tmp_path):
    # "10" stands before "2" in the file.
    ours = Sequential([Input((3,)), *(Dense(3, use_bias=False) for _ in range(12))])
    arrays = random(*[(3, 3)] * 12)
    path = write(tmp_path / "t.safetensors", {f"net.{place}.weight": array for place, array in enumerate(arrays)})
    ours.load_weights(path, layout="torch")
    assert all(np.array_equal(mine, theirs.T) for mine, theirs in zip(ours.get_weights(), arrays, strict=True))


def test_names_decide_where_the_order_is_not_known(tmp_path):
    ours = Sequential([Input((3,)), Dense(3, use_bias=False, name="a"), Dense(3, use_bias=False, name="b")])
    one, two = random((3, 3), (3, 3))
    path = write(tmp_path / "t.safetensors", {"head.weight": one, "body.weight": two})
    before = ours.get_weights()
    with pytest.raises(MinicnnError, match=r"modules of the same shapes are not numbered, so their order is not known. "
                       r"Received body, head. Say which layer has which: names="):
        ours.load_weights(path, layout="torch")
    assert all(map(np.array_equal, before, ours.get_weights()))
    ours.load_weights(path, layout="torch", names={"a": "body", "b": "head"})
    assert np.array_equal(ours.get_weights()[0], two.T)
    ours.load_weights(path, layout="torch", names={"a": "head"})  # one is left for the other
    assert np.array_equal(ours.get_weights()[0], one.T)
    assert np.array_equal(ours.get_weights()[1], two.T)


@pytest.mark.parametrize(("arrays", "told"), [
    ({"a.weight": (3, 2), "a.bias": (3,), "b.weight": (4, 3)}, r"b needs weight \(4, 3\), bias \(4,\), and 'b' in the "
     r"file has weight \(4, 3\)"),
    ({"a.weight": (3, 2), "a.bias": (3,)}, r"b needs weight \(4, 3\), bias \(4,\), and the file has no module like"),
    ({"a.weight": (2, 3), "a.bias": (3,), "b.weight": (4, 3), "b.bias": (4,)}, r"a needs weight \(3, 2\)"),
    ({"a.weight": (3, 2), "a.bias": (3,), "b.weight": (4, 3), "b.bias": (4,), "c.weight": (1,)},
     r"'c' in the file has weight \(1,\) and belongs to no layer"),
    ({}, r"a needs weight .* b needs weight")])
def test_what_does_not_fit_is_refused_and_nothing_is_written(tmp_path, arrays, told):
    ours = Sequential([Input((2,)), Dense(3, name="a"), Dense(4, name="b")])
    path = write(tmp_path / "t.safetensors", {name: np.ones(shape, np.float32) for name, shape in arrays.items()})
    before = ours.get_weights()
    with pytest.raises(MinicnnError, match=told):
        ours.load_weights(path, layout="torch")
    assert all(map(np.array_equal, before, ours.get_weights()))


def test_layers_that_torch_lacks_are_named(tmp_path):
    ours = Sequential([Input((4, 4, 2)), Subsampling2D(2, name="S2")])
    with pytest.raises(MinicnnError, match="Subsampling2D 'S2' has no counterpart in torch"):
        ours.save_weights(tmp_path / "t.safetensors", layout="torch")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("build", "told"), [
    (lambda flat: Dense(2)(Flatten()(AveragePooling2D(2)(Reshape((4, 2, 6))(flat)))), "torch has the numbers in"),
    (lambda flat: Dense(2)(Add()([flat, Dense(48)(flat)])), "has inputs that torch orders in different ways")])
def test_an_order_that_is_not_known_is_refused(tmp_path, build, told):
    x = Input((8, 2, 3))
    ours = Model(x, build(Flatten()(x)))
    with pytest.raises(MinicnnError, match=told):
        ours.save_weights(tmp_path / "t.safetensors", layout="torch")


def test_a_picture_that_is_put_together_again(tmp_path):
    # Flattened and reshaped to what it was: no order is lost, here or in torch.
    ours = Sequential([Input((2, 3, 2)), Flatten(), Reshape((2, 3, 2)), Conv2D(1, 1, name="conv")])
    ours.save_weights(tmp_path / "t.safetensors", layout="torch")
    before = ours.get_weights()
    ours.set_weights([array + 1 for array in before])
    ours.load_weights(tmp_path / "t.safetensors", layout="torch")
    assert all(map(np.array_equal, before, ours.get_weights()))


def test_arguments(tmp_path):
    ours = Sequential([Input((2,)), Dense(3, name="a")])
    for options, told in (
            ({"layout": "keras"}, "unknown layout. Expected 'minicnn' or 'torch', received 'keras'"),
            ({"names": {"a": "b"}}, "names go with layout='torch'"),
            ({"layout": "torch", "names": {"b": "b"}}, "names: the layer 'b': no such name is known.")):
        with pytest.raises(MinicnnError, match=told):
            ours.save_weights(tmp_path / "t.safetensors", **options)
    with pytest.raises(MinicnnError, match=r"layout='torch' goes with .safetensors files. Received '.npz'"):
        ours.save_weights(tmp_path / "t.npz", layout="torch")
    write(tmp_path / "t.safetensors", {"fc.weight": np.ones((3, 2), np.float32)})
    with pytest.raises(MinicnnError, match=r"the names in the file are not those of minicnn.*Pass layout='torch'"):
        ours.load_weights(tmp_path / "t.safetensors")
