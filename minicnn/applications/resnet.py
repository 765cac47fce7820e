"""ResNet: He, Zhang, Ren and Sun, "Deep residual learning for image recognition", 2015 (CVPR 2016).

Table 1, blocks in brackets; all images 224x224x3::

    stage    output   18 layers      34 layers      50 layers          101 layers         152 layers
    conv1    112x112  7x7, 64, stride 2
    conv2    56x56    3x3 max pool, stride 2, and then
                      [3x3, 64 ]x2   [3x3, 64 ]x3   [1x1, 64,  3x3,    the same x3        the same x3
                      [3x3, 64 ]     [3x3, 64 ]      1x1, 256 ]x3
    conv3    28x28    [3x3, 128]x2   [3x3, 128]x4   [1x1, 128, 3x3,    the same x4        the same x8
                      [3x3, 128]     [3x3, 128]      1x1, 512 ]x4
    conv4    14x14    [3x3, 256]x2   [3x3, 256]x6   [1x1, 256, 3x3,    the same x23       the same x36
                      [3x3, 256]     [3x3, 256]      1x1, 1024]x6
    conv5    7x7      [3x3, 512]x2   [3x3, 512]x3   [1x1, 512, 3x3,    the same x3        the same x3
                      [3x3, 512]     [3x3, 512]      1x1, 2048]x3
             1x1      average pool, 1000 units, softmax
    FLOPs             1.8e9          3.6e9          3.8e9              7.6e9              11.3e9

    parameters trained  11,689,512   21,797,672     25,583,592         44,601,832         60,268,520
    and with statistics 11,699,112   21,814,696     25,636,712         44,707,176         60,419,944

Batch normalization behind each convolution, and ReLU behind each but the last of a block, which has it behind the sum
with the shortcut. Where the shape changes the shortcut is a 1x1 convolution (the paper's option B; it also tries zeros
in place of new maps, see `minicnn.applications.resnet_cifar`, and finds little difference).

Two families, as they are in use. The 18 and 34 have no biases in convolutions, since the normalization takes them out
again. The 50, 101 and 152 are Keras's, names and order and biases; so they count 26,560, 52,672 and 75,712 more than
without. Their stride of a stage is in the first 1x1 convolution, as the authors' own model has it; PyTorch's has it in
the 3x3. The plain twins are the paper's comparison: the same layers, no shortcuts.
"""

from minicnn._types import Array
from minicnn.applications import imagenet_utils
from minicnn.applications._options import ClassifierActivation, InputShape, Options, Weights
from minicnn.applications._residual import Block, basic, bottleneck, plain, stages, stem
from minicnn.models import Model

BLOCKS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
"""Blocks of conv2 to conv5, by the number of layers."""


def preprocess_input(x: Array) -> Array:
    """Pixels 0 to 255 as Keras's weights want them: blue, green, red, each minus its mean over ImageNet."""
    return imagenet_utils.preprocess_input(x, mode="caffe")


def resnet(depth: int, block: Block, options: Options) -> Model:
    """The network of a column of the table, of such blocks."""
    inputs = options.input((224, 224, 3))
    x = stages(stem(inputs, use_bias=block is bottleneck), block, BLOCKS[depth], filters=64)
    return options.model(inputs, options.averaged_and_classified(x),
                         f"resnet/resnet{depth}" if block is bottleneck else None)


def ResNet18(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
             pooling: str | None = None, classes: int = 1000,
             classifier_activation: ClassifierActivation = "softmax", name: str = "resnet18") -> Model:
    """18 layers: 11,689,512 trainable parameters. Arguments: `minicnn.applications`."""
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    return resnet(18, basic, options)


def ResNet34(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
             pooling: str | None = None, classes: int = 1000,
             classifier_activation: ClassifierActivation = "softmax", name: str = "resnet34") -> Model:
    """34 layers: 21,797,672 trainable parameters. Arguments: `minicnn.applications`."""
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    return resnet(34, basic, options)


def PlainNet18(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
               pooling: str | None = None, classes: int = 1000,
               classifier_activation: ClassifierActivation = "softmax", name: str = "plainnet18") -> Model:
    """`ResNet18` without its shortcuts: 11,515,688 trainable parameters. Arguments: `minicnn.applications`."""
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    return resnet(18, plain, options)


def PlainNet34(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
               pooling: str | None = None, classes: int = 1000,
               classifier_activation: ClassifierActivation = "softmax", name: str = "plainnet34") -> Model:
    """`ResNet34` without its shortcuts: 21,623,848 trainable parameters. Arguments: `minicnn.applications`."""
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    return resnet(34, plain, options)


def ResNet50(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
             pooling: str | None = None, classes: int = 1000,
             classifier_activation: ClassifierActivation = "softmax", name: str = "resnet50") -> Model:
    """50 layers: 25,583,592 trainable parameters. Arguments: `minicnn.applications`."""
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    return resnet(50, bottleneck, options)


def ResNet101(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
              pooling: str | None = None, classes: int = 1000,
              classifier_activation: ClassifierActivation = "softmax", name: str = "resnet101") -> Model:
    """101 layers: 44,601,832 trainable parameters. Arguments: `minicnn.applications`."""
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    return resnet(101, bottleneck, options)


def ResNet152(include_top: bool = True, weights: Weights = None, *, input_shape: InputShape = None,
              pooling: str | None = None, classes: int = 1000,
              classifier_activation: ClassifierActivation = "softmax", name: str = "resnet152") -> Model:
    """152 layers: 60,268,520 trainable parameters. Arguments: `minicnn.applications`."""
    options = Options(include_top, weights, input_shape, pooling, classes, classifier_activation, name)
    return resnet(152, bottleneck, options)
