"""Weights files: back what went in, whole or not at all, and an error in words for whatever is wrong with a file."""

import sys

import numpy as np
import pytest

from minicnn import Input, MinicnnError, Sequential
from minicnn.callbacks import ModelCheckpoint
from minicnn.layers import RBF, BatchNormalization, Conv2D, Dense, Flatten, Subsampling2D, TableConv2D

h5py = pytest.importorskip("h5py")
pytest.importorskip("safetensors")

ENDINGS = [".weights.h5", ".h5", ".hdf5", ".safetensors", ".npz"]


def small(classes=3, **options):
    inner = Sequential([Input((4, 4, 2)), BatchNormalization(name="norm"), Conv2D(2, 3, name="conv")], name="inner")
    return Sequential([Input((6, 6, 1)), Conv2D(2, 3, name="first"), inner, Flatten(),
                       Dense(classes, name="out", **options)])


def randomized(model, seed=0):
    rng = np.random.default_rng(seed)
    model.set_weights([rng.standard_normal(array.shape) for array in model.get_weights()])
    return model


def same(one, other):
    return len(one) == len(other) and all(map(np.array_equal, one, other))


@pytest.fixture
def refused(tmp_path):
    """Call with a path and the text of the error: loading must fail with it, and change nothing."""
    def check(path, told, model=None, **options):
        model = model or randomized(small(), 9)
        before = model.get_weights()
        with pytest.raises(MinicnnError, match=told) as raised:
            model.load_weights(path, **options)
        assert same(before, model.get_weights())
        return str(raised.value)
    return check


# -- round trips ---------------------------------------------------------------------------------


def classic():
    table = [[1, 0, 1], [0, 1, 1]]
    codes = np.where(np.arange(20).reshape(4, 5) % 3, 1.0, -1.0)
    return Sequential([Input((8, 8, 1)), Conv2D(2, 3), Subsampling2D(2), TableConv2D(table, 2), Flatten(), Dense(5),
                       RBF(codes)])


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("build", [small, classic])
def test_weights_come_back(ending, build, tmp_path):
    model, other = randomized(build(), 1), randomized(build(), 2)
    path = tmp_path / f"w{ending}"
    model.save_weights(path)
    other.load_weights(path)
    assert same(model.get_weights(), other.get_weights())
    first = path.read_bytes()
    model.save_weights(str(path))
    assert path.read_bytes() == first  # the same contents, the same bytes
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ENDINGS)
def test_weights_in_another_type_are_cast(ending, tmp_path):
    model = randomized(small())
    model.astype("float64").save_weights(tmp_path / f"w{ending}")
    other = randomized(small(), 2)
    other.load_weights(tmp_path / f"w{ending}")
    assert same(model.get_weights(), other.get_weights())
    assert {array.dtype for array in other.get_weights()} == {np.dtype("float32")}


@pytest.mark.parametrize("ending", [".safetensors", ".npz"])
def test_automatic_names_are_counted_within_the_model(ending, tmp_path):
    # Each has its own numbers, as the same model in two processes; "dense_10" comes before "dense_9" in a text.
    def build():
        inner = Sequential([Input((3,)), Dense(3), Dense(3)])
        return Sequential([Input((3,)), *(Dense(3) for _ in range(4)), inner, Dense(3, name="last_7")])

    stored = randomized(build())
    stored.save_weights(tmp_path / f"w{ending}")
    for _ in range(3):
        model = build()
        model.load_weights(tmp_path / f"w{ending}")
        assert same(stored.get_weights(), model.get_weights())


def test_the_weights_of_a_whole_model_of_ours(tmp_path):
    model, other = randomized(small()), randomized(small(), 2)
    model.compile("adam", "mse")
    model.save(tmp_path / "model.npz")
    other.load_weights(tmp_path / "model.npz")
    assert same(model.get_weights(), other.get_weights())


def test_the_optimizer_goes_along_in_weights_h5(tmp_path):
    x, y = np.ones((2, 6, 6, 1)), np.ones((2, 3))
    model = small()
    model.compile("adam", "mse")
    model.save_weights(tmp_path / "new.weights.h5")
    with h5py.File(tmp_path / "new.weights.h5") as file:
        assert "optimizer" not in file  # nothing has moved
    model.fit(x, y, verbose=0)
    model.save_weights(tmp_path / "w.weights.h5")
    other = small()
    other.compile("adam", "mse")
    other.fit(x, y, epochs=3, verbose=0)
    other.load_weights(tmp_path / "w.weights.h5")
    for one in (model, other):
        one.fit(x, y, epochs=2, verbose=0)
    assert same(model.get_weights(), other.get_weights())
    assert model.optimizer.iterations == other.optimizer.iterations == 3


def test_checkpoints_of_weights_alone(tmp_path):
    model = small()
    model.compile("adam", "mse")
    path = str(tmp_path / "{epoch}.weights.h5")
    model.fit(np.ones((2, 6, 6, 1)), np.ones((2, 3)), epochs=2, verbose=0,
              callbacks=[ModelCheckpoint(path, save_weights_only=True)])
    other = small()
    other.load_weights(path.format(epoch=2))
    assert same(model.get_weights(), other.get_weights())


def test_overwriting(tmp_path):
    model = small()
    model.save_weights(tmp_path / "w.h5")
    model.save_weights(tmp_path / "w.h5")
    for ending in (".h5", ".npz"):
        model.save_weights(tmp_path / f"w{ending}")
        with pytest.raises(MinicnnError, match=r"the file exists\. Pass overwrite=True"):
            model.save_weights(tmp_path / f"w{ending}", overwrite=False)


@pytest.mark.parametrize(("path", "told"), [
    ("w.keras", r"unknown kind of file. Expected a name that ends in .weights.h5 or .h5 .* received '.keras'"),
    ("w", "unknown kind of file"), ("nowhere/w.h5", "the folder cannot be written"),
    (None, "this is not the name of a file. Received None")])
def test_names_that_cannot_be_written(path, told, tmp_path):
    with pytest.raises(MinicnnError, match=told):
        small().save_weights(path if path is None else tmp_path / path)


def test_an_extra_that_is_not_installed(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    monkeypatch.setitem(sys.modules, "safetensors", None)
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    for ending, told in ((".h5", r'h5py is needed .* pip install "minicnn\[keras\]"'),
                         (".safetensors", r'safetensors is needed .* pip install "minicnn\[safetensors\]"')):
        with pytest.raises(MinicnnError, match=told):
            small().save_weights(tmp_path / f"w{ending}")
    assert not list(tmp_path.iterdir())


# -- files that do not fit -----------------------------------------------------------------------


@pytest.mark.parametrize("ending", ENDINGS)
def test_another_model_is_refused_with_all_that_differs(ending, tmp_path, refused):
    randomized(small(4)).save_weights(tmp_path / f"w{ending}")
    told = refused(tmp_path / f"w{ending}", r"out/kernel has shape \(8, 3\), and '.*' in the file \(8, 4\)")
    assert "out/bias has shape (3,)" in told
    small(use_bias=False).save_weights(tmp_path / f"w{ending}")
    refused(tmp_path / f"w{ending}", "kernel, .*bias.*and .*the file has")
    Sequential([Input((6, 6, 1)), Conv2D(2, 3, name="first")]).save_weights(tmp_path / f"w{ending}")
    refused(tmp_path / f"w{ending}", "the file does not fit: .*out has|layers with weights does not fit")


@pytest.mark.parametrize("ending", ENDINGS)
def test_more_layers_than_the_model_has(ending, tmp_path, refused):
    larger = small()
    larger.add(Dense(2, name="more"))
    larger.save_weights(tmp_path / f"w{ending}")
    refused(tmp_path / f"w{ending}", "no layer|belongs to no layer|Expected 3 .* received 4")


@pytest.mark.parametrize("ending", ENDINGS)
def test_skip_mismatch_leaves_those_layers(ending, tmp_path):
    stored, model = randomized(small(4)), randomized(small(), 2)
    before = model.get_weights()
    stored.save_weights(tmp_path / f"w{ending}")
    with pytest.warns(UserWarning, match="out/kernel has shape .* These were skipped"):
        model.load_weights(tmp_path / f"w{ending}", skip_mismatch=True)
    assert same(model.get_weights()[:-2], stored.get_weights()[:-2])
    assert same(model.get_weights()[-2:], before[-2:])


def change(path, name, array):
    with h5py.File(path, "a") as file:
        del file[name]
        if array is not None:
            file[name] = array


KERNEL = {".weights.h5": "layers/dense/vars/0", ".h5": "out/out/kernel"}


@pytest.mark.parametrize("ending", KERNEL)
@pytest.mark.parametrize(("array", "told"), [
    (np.ones((8, 3), int), "out/kernel needs floats, and '.*' in the file is int64"),
    (np.ones((8, 3), complex), "out/kernel needs floats, and '.*' in the file is complex128"),
    (np.full((8, 3), 1e300), "the numbers of '.*' are too large for out/kernel. Expected float32 numbers"),
    (np.full((8, 3), b"text"), "out/kernel needs floats"),
    (np.float32(1), r"out/kernel has shape \(8, 3\), and '.*' in the file \(\)"),
    (h5py.Empty("f"), "is empty"), (h5py.SoftLink("/layers"), "is a link to another place or file"),
    (h5py.ExternalLink("other.h5", "/"), "is a link to another place or file"),
    (None, "missing|numbered")])
def test_arrays_that_cannot_be_taken(ending, array, told, tmp_path, refused):
    small().save_weights(tmp_path / f"w{ending}")
    change(tmp_path / f"w{ending}", KERNEL[ending], array)
    refused(tmp_path / f"w{ending}", told)


@pytest.mark.parametrize("ending", KERNEL)
def test_half_precision_is_taken(ending, tmp_path):
    model, halves = small(), np.arange(24).reshape(8, 3).astype(np.float16)
    model.save_weights(tmp_path / f"w{ending}")
    change(tmp_path / f"w{ending}", KERNEL[ending], halves)
    model.load_weights(tmp_path / f"w{ending}")
    assert np.array_equal(model.get_layer("out").params["kernel"], halves)


def test_numbers_in_other_files_are_not_read(tmp_path, refused):
    (tmp_path / "secret").write_bytes(bytes(96))
    small().save_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "a") as file:
        del file["out/out/kernel"]
        file.create_dataset("out/out/kernel", (8, 3), "f", external=str(tmp_path / "secret"))
    refused(tmp_path / "w.h5", "the numbers of 'out/kernel' lie in another file")


def test_a_huge_shape_is_seen_before_it_is_read(tmp_path, refused):
    small().save_weights(tmp_path / "w.weights.h5")
    with h5py.File(tmp_path / "w.weights.h5", "a") as file:
        del file["layers/dense/vars/0"]
        file.create_dataset("layers/dense/vars/0", (1 << 40, 1 << 20), "f", chunks=(1, 1024))
    refused(tmp_path / "w.weights.h5", r"in the file \(1099511627776, 1048576\)")


def test_an_array_that_breaks_off_while_it_is_read(tmp_path, refused):
    # All of the file is in order up to the compressed numbers of the last layer.
    path = tmp_path / "w.weights.h5"
    randomized(small()).save_weights(path)
    kernel = np.random.default_rng(3).standard_normal((8, 3)).astype(np.float32)
    with h5py.File(path, "a") as file:
        del file["layers/dense/vars/0"]
        made = file["layers/dense/vars"].create_dataset("0", data=kernel, chunks=(8, 3), compression="gzip")
        start, size = made.id.get_chunk_info(0).byte_offset, made.id.get_chunk_info(0).size
    small().load_weights(path)
    data = bytearray(path.read_bytes())
    data[start:start + size] = bytes(size)
    path.write_bytes(data)
    refused(path, "the file is damaged. Received OSError")


@pytest.mark.parametrize("ending", ENDINGS)
def test_truncated_files(ending, tmp_path, refused):
    path, model = tmp_path / f"w{ending}", small()
    model.save_weights(path)
    whole = path.read_bytes()
    for length in {*range(0, 40, 3), *range(40, len(whole), max(1, len(whole) // 60)), len(whole) - 1}:
        path.write_bytes(whole[:length])
        refused(path, "the file is damaged", model)


@pytest.mark.parametrize("ending", ENDINGS)
def test_flipped_bytes(ending, tmp_path):
    # A flipped number in an array cannot be seen: HDF5 and safetensors keep no checksums.
    path, model = tmp_path / f"w{ending}", randomized(small())
    model.save_weights(path)
    whole, before, outcomes = path.read_bytes(), model.get_weights(), set()
    rng = np.random.default_rng(11)
    for place in rng.integers(len(whole), size=100):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(damaged)
        try:
            model.load_weights(path)
            outcomes.add("loaded")
        except MinicnnError:
            outcomes.add("refused")
            assert same(before, model.get_weights())
        model.set_weights(before)
    assert outcomes == {"loaded", "refused"}


@pytest.mark.parametrize(("name", "contents", "told"), [
    ("w.weights.h5", b"\x93NUMPY", "the file is damaged or no HDF5 file"),
    ("w.safetensors", b"\x08", "the file is damaged or no .safetensors file"), ("w.npz", b"PK", "the file is damaged"),
    ("w.keras", b"PK", "the archive is damaged or has no weights"),
    ("w.pth", b"PK", "the file is of no known kind.*Weights of PyTorch come as .safetensors"),
    ("w", b"", "the file is of no known kind, or damaged"), ("missing.h5", None, "there is no such file")])
def test_files_of_other_kinds(name, contents, told, tmp_path, refused):
    if contents is not None:
        (tmp_path / name).write_bytes(contents)
    refused(tmp_path / name, told)


def test_a_file_without_an_ending_is_known_by_its_contents(tmp_path):
    model, other = randomized(small()), small()
    model.save_weights(tmp_path / "w.weights.h5")
    (tmp_path / "w.weights.h5").rename(tmp_path / "w.h5")  # Keras 3's layout under the name of the older one
    other.load_weights(tmp_path / "w.h5")
    assert same(model.get_weights(), other.get_weights())
    (tmp_path / "w.h5").rename(tmp_path / "weights")
    other.load_weights(tmp_path / "weights")


# -- the older layout ----------------------------------------------------------------------------


def old_file(path, layers, inside="", **attributes):
    """A file as Keras 1 and 2 wrote it: layers by name, each with its arrays by name."""
    with h5py.File(path, "w") as file:
        group = file.create_group(inside) if inside else file
        group.attrs.update({"layer_names": [name.encode() for name in layers], **attributes})
        for name, arrays in layers.items():
            made = group.create_group(name)
            made.attrs["weight_names"] = [key.encode() for key in arrays]
            for key, array in arrays.items():
                made[key] = array


def vgg():
    return Sequential([Input((4, 4, 3)), Conv2D(2, 3, name="block1_conv1"), Conv2D(2, 2, name="block1_conv2")])


def test_a_file_as_those_of_imagenet(tmp_path):
    one, two = randomized(vgg()), vgg()
    a, b, c, d = one.get_weights()
    old_file(tmp_path / "notop.h5", {
        "input_1": {}, "block1_conv1": {"block1_conv1_W_1:0": a, "block1_conv1_b_1:0": b},
        "block1_conv2": {"block1_conv2_W_1:0": c, "block1_conv2_b_1:0": d}, "block1_pool": {}})
    two.load_weights(tmp_path / "notop.h5")
    assert same(one.get_weights(), two.get_weights())


def test_a_model_in_a_model_as_keras_2_stores_it(tmp_path):
    stored, model = randomized(small()), small()
    first, bias, gamma, beta, mean, variance, kernel, conv_bias, out, out_bias = stored.get_weights()
    inner = {"norm/gamma:0": gamma, "norm/beta:0": beta, "conv/kernel:0": kernel, "conv/bias:0": conv_bias,
             "norm/moving_mean:0": mean, "norm/moving_variance:0": variance}
    layers = {"conv2d_7": {"conv2d_7/kernel:0": first, "conv2d_7/bias:0": bias}, "inner": inner,
              "dense_2": {"dense_2/kernel:0": out, "dense_2/bias:0": out_bias}}
    old_file(tmp_path / "w.h5", layers, "model_weights", backend="tensorflow", keras_version="2.4.0")
    model.load_weights(tmp_path / "w.h5")
    assert same(stored.get_weights(), model.get_weights())
    # Written while the convolution was frozen, it stands behind; the names tell.
    layers["inner"] = dict(sorted(inner.items(), key=lambda item: "conv" in item[0]))
    old_file(tmp_path / "w.h5", layers, "model_weights")
    model = small()
    model.load_weights(tmp_path / "w.h5")
    assert same(stored.get_weights(), model.get_weights())


def test_loading_by_name(tmp_path, refused):
    kernel = np.ones((8, 3), np.float32)
    old_file(tmp_path / "w.h5", {"out": {"kernel": kernel, "bias": kernel[0]}, "unknown": {"kernel": kernel}})
    model = randomized(small())
    before = model.get_weights()
    refused(tmp_path / "w.h5", r"the number of layers with weights does not fit the model. Expected 3 "
            r"\(first, inner, out\), received 2 \(out, unknown\). by_name=True loads", model)
    model.load_weights(tmp_path / "w.h5", by_name=True)
    assert same(model.get_weights()[:-2], before[:-2])
    assert same(model.get_weights()[-2:], [kernel, kernel[0]])
    refused(tmp_path / "w.h5", r"out/kernel has shape \(8, 4\)", randomized(small(4)), by_name=True)
    for ending in (".weights.h5", ".npz", ".safetensors"):
        model.save_weights(tmp_path / f"w{ending}")
        refused(tmp_path / f"w{ending}", "by_name goes with legacy .h5 files", by_name=True)


def test_lists_too_long_for_one_attribute(tmp_path):
    layers = [Dense(1, name=f"{'long' * 100}_{number}") for number in range(340)]
    model, other = (Sequential([Input((1,)), *layers]) for _ in range(2))
    randomized(model)
    model.save_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5") as file:
        assert {"layer_names0", "layer_names1", "layer_names2"} <= set(file.attrs)
    weights = model.get_weights()
    model.set_weights([array + 1 for array in weights])
    other.load_weights(tmp_path / "w.h5")
    assert same(weights, other.get_weights())


@pytest.mark.parametrize(("damage", "told"), [
    (lambda file: file.attrs.update(layer_names=[1, 2]), "the attribute 'layer_names' is not a list of texts"),
    (lambda file: file.attrs.update(layer_names=[b"\xff"]), "the file is damaged. Received Unicode"),
    (lambda file: file.attrs.update(layer_names=[b"nobody"]), "the layer 'nobody' is listed, but missing"),
    (lambda file: file["out"].attrs.update(weight_names=[b"a", b"b"]), "the array 'a' of the layer 'out' is listed"),
    (lambda file: file.attrs.clear(), "first has 2 arrays .* and the file has 0")])
def test_damaged_lists(damage, told, tmp_path, refused):
    small().save_weights(tmp_path / "w.h5")
    with h5py.File(tmp_path / "w.h5", "a") as file:
        damage(file)
    refused(tmp_path / "w.h5", told)


def test_the_layout_of_keras_2_13(tmp_path):
    model, other = randomized(small()), small()
    model.save_weights(tmp_path / "w.weights.h5")
    with h5py.File(tmp_path / "w.weights.h5", "a") as file:
        file.move("layers/sequential/layers", "layers/sequential/_layer_checkpoint_dependencies")
        file.move("layers", "_layer_checkpoint_dependencies")
    other.load_weights(tmp_path / "w.weights.h5")
    assert same(model.get_weights(), other.get_weights())
