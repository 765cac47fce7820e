"""Where do the numbers come from that people quote about networks, and which are right? (about 2 seconds)

Every figure is counted here, on the networks as published, and each assertion compares with the literature. Figures
that a source prints and no count gives are called "printed".
"""

import numpy as np

from minicnn.activations import A, S, scaled_tanh, sigmoid
from minicnn.applications import VGG16, VGG16C, AlexNet, GoogLeNet, LeNet5
from minicnn.applications.lenet5 import TABLE_I
from minicnn.counting import Count, Row, count
from minicnn.layers import Conv2D, Dense, DepthwiseConv2D, Flatten, Layer
from minicnn.models import Input, Sequential


def main() -> None:
    for story in (lenet5, sigmoids, alexnet, googlenet, vgg, one_kernel, fields, three_ways_to_connect):
        story()


def lenet5() -> None:
    net = count(LeNet5())
    c3, rbf = net["C3"], net["RBF"]
    height, width, maps = c3.output_shape
    places, kernels = height * width, int(TABLE_I.sum())
    per_kernel = kernels * (5 * 5 + 1) * places
    journal = net.connections - c3.connections + per_kernel
    assert (c3.connections, per_kernel, net.connections, journal) == (151_600, 156_000, 340_908, 345_308)
    assert (net.trainable, net.parameters, net.macs) == (60_000, 60_840, 328_096)
    assert c3.layer.kernel_size == (5, 5)

    print("LeNet-5 (LeCun et al. 1998)")
    entry(f"{c3.connections:,} or {per_kernel:,} connections in C3?",
          f"preprint: {c3.connections_text}, one bias for each of {maps} maps",
          f"journal: {kernels}*(5*5+1)*{places} = {per_kernel:,}, one bias for each of {kernels} kernels",
          f"Both give C3 {c3.parameters:,} parameters = {kernels}*5*5 + {maps}: the preprint agrees with itself.")
    entry(f"{net.connections:,} or {journal:,} connections in all?",
          f"The same biases: the journal has ({kernels} - {maps})*{places} = {journal - net.connections:,} more.",
          f"Both count the {rbf.connections} of the RBF.")
    entry(f"{net.trainable:,} or {net.parameters:,} parameters?",
          f"{net.trainable:,} are trained. The codes of the RBF, {rbf.parameters_text}, are stored, and fixed.")
    entry(f"{net.macs:,} or 401,000 multiply-accumulates?",
          f"{' + '.join(f'{row.macs:,}' for row in net.rows if row.macs)} = {net.macs:,}",
          "401 thousand is printed in Figure 11. It cannot be derived from the text.")
    entry("C3's 10x10 kernels? A slip.",
          f"C3's kernels are {sides(c3.layer.kernel_size)}; {height}x{width} are its maps: {net['S2'].output_shape[0]}"
          f" - 5 + 1 = {height}.")


def sigmoids() -> None:
    a = np.linspace(-4, 4, 81)
    assert LeNet5().get_layer("S2").activation is LeNet5().get_layer("S4").activation is scaled_tanh
    assert np.allclose(scaled_tanh(a), A * (2 * sigmoid(2 * S * a) - 1), rtol=0, atol=1e-12)
    ends = f"{scaled_tanh(np.array(-1.0)):.4f} and {scaled_tanh(np.array(1.0)):.4f}"
    entry("S2 and S4 end in a sigmoid?",
          '"Sigmoidal" is any S-shaped function. The paper\'s one is in its appendix A, for all layers up to F6:',
          f"f(a) = {A} tanh(2a/3), which is {ends} at -1 and 1. It is 1/(1 + exp(-a)) stretched and moved:",
          f"f(a) = {A}*(2*sigmoid(4a/3) - 1). With sigmoid itself, 0 to 1, it is another network.")


def alexnet() -> None:
    two, one = count(AlexNet()), count(AlexNet(towers=1))
    conv1, pool5, fc6 = two["conv1"], two["pool5"], two["fc6"]
    unpooled = dense(fc6.output_shape[0], two["conv5"].output_shape)
    assert (two.parameters, one.parameters) == (60_965_224, 62_378_344)
    printed = [253_440, 186_624, 64_896, 64_896, 43_264, 4_096, 4_096, 1_000]  # section 3.5
    assert (pool5.output_shape, two.neurons) == ((6, 6, 256), sum(printed) - printed[0] + conv1.neurons)

    print("\nAlexNet (Krizhevsky et al. 2012)")
    entry(f"{two.parameters / 1e6:.1f} or {one.parameters / 1e6:.1f} million parameters?",
          f"{two.parameters:,} as published: conv2, conv4 and conv5 see the half of the maps on their own GPU.",
          f"{one.parameters:,} in one tower: {', '.join(halved(two, one))}")
    entry("650,000 neurons?",
          f"{two.neurons:,} units have weights. The list printed in section 3.5 adds up to {sum(printed):,}:",
          f"its first layer has {printed[0]:,}, not {sides(conv1.output_shape)} = {conv1.neurons:,} of the network.")
    entry(f"The last volume is {sides(two['conv5'].output_shape)}? A slip: a pool follows.",
          f"fc6 sees {sides(pool5.output_shape)}: {fc6.parameters_text}",
          f"Without the pool it had {unpooled.parameters_text}, "
          f"{unpooled.parameters / two.parameters:.1f} times the whole network.")


def halved(two: Count, one: Count) -> list[str]:
    """What the layers that see one half have more in one tower."""
    return [f"{row.name} +{one[row.name].parameters - row.parameters:,}" for row in two.rows
            if row.parameters != one[row.name].parameters]


def googlenet() -> None:
    net = count(GoogLeNet())
    real, second = net["conv1"], [net[name] for name in ("conv2_reduce", "conv2")]
    weights = sum(row.parameters - row.output_shape[-1] for row in second)
    column = DepthwiseConv2D((7, 1), padding="same", depth_multiplier=64, use_bias=False, name="column")
    row = DepthwiseConv2D((1, 7), padding="same", use_bias=False, name="row")
    split = chain((224, 224, 3), column, row)
    assert (real.parameters, split.parameters, weights) == (9_472, 2_688, 112 * 1024)

    print("\nGoogLeNet (Szegedy et al. 2014)")
    entry(f"2.7K or {real.parameters:,} parameters in the first layer?",
          f"As described, 7x7: {real.parameters_text}",
          f"2.7K is printed in Table 1: {split.parameters:,} = (7+7)*64*3, if each kernel is a 7x1 and then a 1x7,",
          f"{split['column'].parameters:,} + {split['row'].parameters:,}, no biases. K is 1000 there; the next layer's "
          f"112K are {weights:,} weights, K is 1024.")


def vgg() -> None:
    c, d = count(VGG16C()), count(VGG16())
    one, three = ([r for r in net.rows if r.kind == "Conv2D"] for net in (c, d))
    less = [b.parameters - a.parameters for a, b in zip(one, three, strict=True) if a.parameters != b.parameters]
    assert (c.parameters, d.parameters, d.parameters - sum(less)) == (133_638_952, 138_357_544, c.parameters)

    print("\nVGG (Simonyan and Zisserman 2014)")
    entry("134 or 138 million parameters with 16 layers?",
          f"Two columns of Table 1 have 16: C {c.parameters:,}, D {d.parameters:,}. D is what is called VGG16.",
          f"C has 1x1 kernels at three places: {' + '.join(f'{n:,}' for n in less)} = {sum(less):,} fewer.")


def one_kernel() -> None:
    picture = np.array([[1, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 0, 1, 1, 1], [0, 0, 1, 1, 0], [0, 1, 1, 0, 0]])
    layer = Conv2D(1, 3, use_bias=False, name="conv")
    layer.build((5, 5, 1))
    layer.set_weights([np.array([[1, 0, 1], [0, 1, 0], [1, 0, 1]]).reshape(3, 3, 1, 1)])
    answer = layer(picture[None, :, :, None])[0, :, :, 0].astype(int)
    assert answer.tolist() == [[4, 3, 4], [2, 4, 3], [2, 3, 4]]
    mixed = chain((8, 8, 3), Conv2D(2, 3, padding="same", name="conv"))["conv"]
    assert (mixed.parameters, mixed.output_shape) == (56, (8, 8, 2))

    print("\nThe examples of every course")
    entry("One kernel, 101 010 101, on a picture of 5x5",
          f"11100 01110 00111 00110 01100 gives {' '.join(''.join(map(str, line)) for line in answer)}: 5 - 3 + 1 = 3.")
    entry("8x8x3 to 8x8x2 with kernels of 3x3", f"{mixed.parameters_text} parameters, on a picture of any size")


def fields() -> None:
    line = chain((1, 32, 1), *(Conv2D(1, (1, 3), name=f"conv{i}") for i in (1, 2, 3)))
    plane = chain((32, 32, 1), *(Conv2D(1, 3, name=f"conv{i}") for i in (1, 2, 3)))
    assert [row.receptive_field for row in line.rows] == ["1x3", "1x5", "1x7"]
    assert [row.receptive_field for row in plane.rows] == ["3x3", "5x5", "7x7"]
    entry("Three 1-D layers, kernels of 3, stride 1",
          f"{', '.join(row.receptive_field for row in line.rows)}: two numbers more with each layer, 7 in the end")
    entry("Kernels of 3x3, one upon another", f"two see {plane.rows[1].receptive_field}, three see "
          f"{plane.rows[2].receptive_field}; with n maps, 2*9*n*n weights for 25*n*n, and 3*9*n*n for 49*n*n.")


def three_ways_to_connect() -> None:
    shared = count(LeNet5())["C1"]
    full = dense(shared.neurons, (32, 32, 1))
    assert (full.parameters, shared.connections, shared.parameters) == (4_821_600, 122_304, 156)
    entry(f"The same layer three times: 32x32 to {sides(shared.output_shape)}, LeNet-5's C1",
          f"fully connected:    {full.parameters_text}",
          f"locally connected:  {shared.neurons.text}*(5*5*1+1) = {shared.connections:,}, as many as connections",
          f"shared, as in C1:   {shared.parameters_text}")


def dense(units: int, shape: tuple[int, ...]) -> Row:
    """A fully connected layer on an input of this shape, counted."""
    return chain(shape, Flatten(name="flatten"), Dense(int(units), name="dense"))["dense"]


def chain(shape: tuple[int, ...], *layers: Layer) -> Count:
    return count(Sequential([Input(shape), *layers]))


def sides(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def entry(question: str, *answer: str) -> None:
    print(f"\n  {question}", *answer, sep="\n      ")


if __name__ == "__main__":
    main()
