"""What came between LeNet and DenseNet, in one table? (about 2 seconds)

Depth is the number of layers with weights that a picture passes one after another, normalization not counted: it is
what the names say, ResNet50 or DenseNet121. Parameters are those that are trained. A connection is one use of a
parameter at one place (biases included, pools have some too): roughly, the multiplications for one picture.
"""

from minicnn import Model, applications
from minicnn.counting import count
from minicnn.layers import BatchNormalization

LINE = [
    ("LeNet1", 1990, "shared weights, learned"),
    ("LeNet5", 1998, "the whole recipe, on digits"),
    ("AlexNet", 2012, "ReLU, dropout, and a thousand classes"),
    ("VGG16", 2014, "nothing but 3x3"),
    ("VGG19", 2014, "and more of it"),
    ("GoogLeNet", 2014, "branches side by side, means for dense layers"),
    ("ResNet18", 2015, "shortcuts around two layers"),
    ("ResNet50", 2015, "shortcuts around a bottleneck of three"),
    ("ResNet152", 2015, "so many that the rest hardly matters"),
    ("ResNeXt50", 2016, "the bottleneck in 32 groups"),
    ("DenseNet121", 2016, "each layer sees all before it"),
    ("DenseNet201", 2016, "and there are more of them"),
]


def depth(model: Model) -> int:
    """Layers with weights on the longest way from the input to the output."""
    passed = {}
    for node in model.graph.nodes:
        weighty = node.step.has_parameters and not isinstance(node.step, BatchNormalization)
        passed[node] = max((passed[before] for before in node.inputs), default=0) + weighty
    return passed[model.graph.outputs[0]]


def main() -> None:
    print(f"{'network':<12} year {'image':<10} depth {'parameters':>12} {'connections':>15}  what was new")
    rows = {}
    for name, year, news in LINE:
        model = getattr(applications, name)()
        counted = count(model)
        rows[name] = depth(model), counted.trainable, counted.connections
        image = "x".join(map(str, model.graph.inputs[0].sample_shape))
        print(f"{name:<12} {year} {image:<10} {rows[name][0]:>5} {counted.trainable:>12,} {counted.connections:>15,}  "
              f"{news}")
    deeper, fewer, less = (b / a for a, b in zip(rows["VGG16"], rows["DenseNet121"], strict=True))
    print(f"\nDenseNet121 is {deeper:.1f} times as deep as VGG16, with 1/{1 / fewer:.0f} of the parameters and "
          f"1/{1 / less:.1f} of the work.")
    assert [rows[name][0] for name in ("LeNet5", "AlexNet", "VGG16", "GoogLeNet", "ResNet152", "DenseNet121")] == [
        7, 8, 16, 22, 152, 121]


if __name__ == "__main__":
    main()
