"""The paper's numbers, shared layers, and what cannot be counted."""

import pytest

from minicnn import Input, Sequential
from minicnn.applications import LeNet5, LeNet5Modern
from minicnn.counting import Count, Figures, count, product, register
from minicnn.graph import Graph
from minicnn.layers import (
    Add,
    Average,
    Concatenate,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePooling2D,
    InputLayer,
    Layer,
    MaxPooling2D,
    Multiply,
)

# LeCun et al. 1998, section II-B; of the 840 numbers of the RBF none is trained.
LENET5 = {
    "C1": (156, 122_304), "S2": (12, 5_880), "C3": (1_516, 151_600), "S4": (32, 2_000), "C5": (48_120, 48_120),
    "flatten": (0, 0), "F6": (10_164, 10_164), "RBF": (0, 840),
}


def test_lenet5():
    counted = count(LeNet5())
    assert {row.name: (row.trainable, row.connections) for row in counted.rows} == LENET5
    assert (counted.trainable, counted.parameters, counted.connections) == (60_000, 60_840, 340_908)
    # 117,600 + 1,176 + 150,000 + 400 + 48,000 + 10,080 + 840: no source prints it, all print its parts.
    assert counted.macs == 328_096
    assert counted["RBF"].parameters == 840
    assert [row.kind for row in counted.rows] == ["Conv2D", "Subsampling2D", "TableConv2D", "Subsampling2D", "Conv2D",
                                                 "Flatten", "Dense", "RBF"]


@pytest.mark.parametrize(("name", "parameters", "connections"), [
    ("C1", "6*(5*5*1+1) = 156", "156*28*28 = 122,304"),
    ("S2", "6*(1+1) = 12", "14*14*6*(2*2+1) = 5,880"),
    ("C3", "6*(3*5*5+1) + 6*(4*5*5+1) + 3*(4*5*5+1) + 1*(6*5*5+1) = 1,516", "1516*10*10 = 151,600"),
    ("S4", "16*(1+1) = 32", "5*5*16*(2*2+1) = 2,000"),
    ("C5", "120*(5*5*16+1) = 48,120", "48120*1*1 = 48,120"),
    ("flatten", "0", "0"),
    ("F6", "84*(120+1) = 10,164", "84*(120+1) = 10,164"),
    ("RBF", "10*84 = 840", "10*84 = 840"),
])
def test_the_arithmetic_of_lenet5(name, parameters, connections):
    row = count(LeNet5())[name]
    assert (row.parameters_text, row.connections_text) == (parameters, connections)


def test_lenet5_modern():
    counted = count(LeNet5Modern())
    assert {row.name: (row.parameters, row.output_shape) for row in counted.rows} == {
        "conv1": (156, (24, 24, 6)), "pool1": (0, (12, 12, 6)), "conv2": (2_416, (8, 8, 16)), "pool2": (0, (4, 4, 16)),
        "flatten": (0, (256,)), "dense1": (30_840, (120,)), "dense2": (10_164, (84,)), "output": (850, (10,))}
    assert (counted.parameters, counted.trainable, counted.connections) == (44_426, 44_426, 290_814)
    assert counted["conv2"].parameters_text == "16*(5*5*6+1) = 2,416"
    assert counted["pool1"].connections_text == "12*12*6*2*2 = 3,456"


def test_the_model_says_the_same():
    for model in (LeNet5(), LeNet5Modern()):
        assert model.count_params() == count(model).parameters == sum(w.size for w in model.get_weights())
        assert count(model.graph) == count(model)


def diamond():
    """One convolution at two places, one dense layer at three, and sums of what comes out."""
    conv, dense = Conv2D(2, 3, name="conv", activation="relu"), Dense(3, name="dense")
    start = Input((6, 6, 1))
    pooled = MaxPooling2D(1, name="pool")(start)
    left, right = conv(start), conv(pooled)
    flat = [Flatten(name=f"flat{i}")(node) for i, node in enumerate((left, right, left))]
    return Graph([start], [Add(name="add")(*(dense(node) for node in flat))])


def test_a_shared_layer_has_its_parameters_once_and_its_connections_at_every_use():
    counted = count(diamond())
    conv, dense = counted["conv"], counted["dense"]
    assert (conv.parameters, conv.parameters_text) == (20, "2*(3*3*1+1) = 20")
    assert (conv.connections, conv.connections_text) == (640, "20*4*4 + 20*4*4 = 640")
    assert (dense.parameters, dense.connections) == (99, 3 * 99)
    assert dense.connections_text == "3*(32+1) + 3*(32+1) + 3*(32+1) = 297"
    assert (counted["add"].connections, counted["add"].connections_text) == (9, "3*3 = 9")
    assert [row.name for row in counted.rows].count("conv") == 1
    assert counted.parameters == 119


def test_a_shared_layer_on_images_of_two_sizes():
    conv, start = Conv2D(2, 3, name="conv"), Input((8, 8, 1))
    large = conv(start)
    small = conv(MaxPooling2D(2)(start))
    dense = [Dense(1)(Flatten()(node)) for node in (large, small)]
    row = count(Graph([start], [Add()(*dense)]))["conv"]
    assert (row.parameters, row.connections_text) == (20, "20*6*6 + 20*2*2 = 800")


@pytest.mark.parametrize(("layer", "connections"), [
    (Add(), "2*4*3*5 = 120"), (Average(), "2*4*3*5 = 120"), (Multiply(), "2*4*3*5 = 120"), (Concatenate(), "0"),
])
def test_where_two_ways_join(layer, connections):
    start = Input((4, 3, 5))
    row = count(Graph([start], [layer(start, Dropout(0.5)(start))]))[layer.name]
    assert (row.parameters, row.connections_text) == (0, connections)


def test_a_factor_per_channel_is_seen_by_every_unit():
    start = Input((4, 3, 5))
    factor = GlobalAveragePooling2D(keepdims=True, name="pool")(start)
    counted = count(Graph([start], [Multiply(name="times")(start, factor)]))
    assert counted["pool"].connections_text == "4*3*5 = 60"
    assert counted["times"].connections_text == "2*4*3*5 = 120"


def test_frozen_parameters_count_but_not_as_trainable():
    model = Sequential([Input((4,)), Dense(3, name="frozen", trainable=False), Dense(2, name="free")])
    counted = count(model)
    assert [(row.parameters, row.trainable) for row in counted.rows] == [(15, 0), (8, 8)]
    assert (counted.parameters, counted.trainable) == (23, 8)
    model.get_layer("frozen").trainable = True
    assert count(model).trainable == 23


def test_inputs_are_not_counted():
    assert count(Sequential([InputLayer((3,)), Dense(2)])).rows[0].kind == "Dense"
    assert (Count([]).parameters, Count([]).trainable, Count([]).connections) == (0, 0, 0)


# -- layers of one's own -------------------------------------------------------------------------


class Halved(Layer):
    def forward(self, x, training=False, rng=None):
        return x / 2, ()


class Wide(Conv2D):
    """A subclass of a layer that is known is counted as that."""


def test_a_layer_nobody_has_counted(refuses):
    model = Sequential([Input((4, 4, 1)), Halved(name="half")])
    refuses(lambda: count(model), "Halved 'half': nobody has said how to count this layer. Register a rule: "
            "@minicnn.counting.register(Halved)")


def test_a_registered_rule():
    class Tripled(Halved):
        pass

    @register(Tripled)
    def rule(layer, input_shape, output_shape):
        assert input_shape == output_shape
        return Figures(connections=3 * product(output_shape))

    row = count(Sequential([Input((4, 4, 1)), Tripled(name="tripled")]))["tripled"]
    assert (row.connections, row.connections_text, row.parameters) == (48, "3*4*4*1 = 48", 0)


def test_a_subclass_counts_as_its_parent():
    rows = count(Sequential([Input((6, 6, 1)), Wide(2, 3, name="wide")])).rows
    assert [(row.kind, row.parameters, row.connections) for row in rows] == [("Wide", 20, 320)]


@pytest.mark.parametrize("wrong", [5, "lenet5", None, Dense(3)])
def test_what_is_no_model(refuses, wrong):
    refuses(lambda: count(wrong), "count: this is no model. Expected a model or graph, received ")


def test_an_unbuilt_model_and_an_unknown_row(refuses):
    refuses(lambda: count(Sequential([Dense(3)], name="net")), "Sequential 'net': the model is not built")
    refuses(lambda: count(LeNet5())["c3"], "layer 'c3': no such name is known ... C3")
