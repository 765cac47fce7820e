"""Every example runs on its own, without a warning, and prints the story it promises. It leaves no file behind."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))

# Words that only come out when the example did what it is for. Figures only where no machine can change them.
SAYS = {
    "ablation": (
        "400 digits of the package, 2 passes pattern by pattern, judged by 200 test digits; seeds 0\n",
        "LeNet-5, x 0.8, seed 0 ... ", "SGD, x 4, seed 0 ... ", "  no connection table: 2,416 parameters for 1,516 ",
        "rates: times the paper's",
    ),
    "alexnet_parameters": (
        "4096*(9216+1) = 37,752,832                  61.93%", "60,965,224                                 100.00%",
        "5 convolutions:  2,334,080 parameters, used   666,434,944 times:  285.5 times each",
        "60,965,224 + 307,200 + 663,552 + 442,368 = 62,378,344\n",
    ),
    "break_a_gradient": (
        "Gradient check of LeakyRelu 'leaky_relu': passed",
        "Gradient check of ForgottenFactor 'forgotten_factor': FAILED", "ratio 4\n",
        "Gradient check of WrongAxis 'wrong_axis': FAILED", "3 of 3 entries tried are wrong",
        "Gradient check of WrongMask 'wrong_mask': FAILED",
        "slope: expected shape (3,), float64; backward gave (5,), float64",
        "And with the break removed:\nGradient check of LeakyRelu 'leaky_relu_1': passed",
    ),
    "convolution_by_hand": (
        "y[0,0] = 1 + 2*1 + 0*2 + 1*(-1) + 2*3 = 8",
        "dkernel[0,1] = 3*0 + 1*1 + 0*1 + 1*2 + 1*1 + (-1)*1 + 3*3 + 2*0 + 0*1 = 12",
        "dx[1,1] = 1*1 + 1*2 + 1*(-1) + 3*3 = 11",
        "dbias = 3 + 1 + 0 + 1 + 1 + (-1) + 3 + 2 + 0 = 10",
        "the loss goes from 86 to 97, by 11 = dx[1,1]",
        "reference  y, dx, dkernel and dbias: the same 30 numbers",
        "numpy      y, dx, dkernel and dbias: the same 30 numbers",
        "numba      y, dx, dkernel and dbias: the same 30 numbers",
    ),
    "count_lenet5": (
        "6*(5*5*1+1) = 156\n", "156*28*28 = 122,304\n", "1516*10*10 = 151,600\n",
        "156 + 12 + 1,516 + 32 + 48,120 + 10,164 = 60,000\n",
        "122,304 + 5,880 + 151,600 + 2,000 + 48,120 + 10,164 + 840 = 340,908\n",
        "0  X  .  .  .  X  X  X  .  .  X  X  X  X  .  X  X\n", "together 60 kernels",
        "60*(5*5 + 1) * 100  = 156,000", "340,908 + 4,400 = 345,308\n",
    ),
    "draw_architectures": (
        "lenet5_planes ", "residual ", "inception ", "two_inputs ", " inches\n", "Name a folder to have them written",
    ),
    "feature_maps_of_pooling": (
        "Held-out digit 19 is a 5. What the pools hand on of it:", "pool1   6 maps of 12x12 = 864 numbers, ",
        "pool2  16 maps of 4x4 = 256 numbers, ", "@@", "Name a folder to have the maps drawn",
    ),
    "first_layer_kernels": (
        "gray: right on 9", "color: right on 9", "of their length", "red    green     blue   yellow    white",
        "Name a folder to have the kernels drawn",
    ),
    "explain_one_number": (
        "The digit is a 5.", "conv1[", "sum of the 25 products", "the largest of the 4 numbers",
        "sum of the 150 products", "softmax: exp(this - largest)", "of conv1 in lenet5_modern", " * delta[",
        "sum of the 576 products", "Name a folder to have all of it drawn",
    ),
    "gallery": (
        "lenet5         9", "lenet5_modern  9", "averaging      ", "colored        ",
        "of 900 held-out digits are right", "open gallery/index.html",
    ),
    "go_on_in_keras": (
        "of 200 test digits wrong",
        "read again: Conv2D, Subsampling2D, TableConv2D, Subsampling2D, Conv2D, Flatten, Dense, RBF\n",
        "\nThe same penalties: True\n",
    ),
    "how_convolution_moves": (
        "     0   0   3   3   0      -2   1   1\n", "two steps at a time: stride 2, 2x2 places",
        "from outside the border: padding 1, 5x5 places",
        "   -2  1  1  .  . -2  1  1  .  . -2  1  1  .  .  .  .  .  .  .  .  .  .  .  .\n", "gives the same 9 numbers",
        "Name a folder to have it animated",
    ),
    "heat_map_on_a_color_picture": (
        "The picture, cut to a square: 48x48 pixels, 3 channels", "VGG16 with random weights: class",
        "Occlusion: a gray square of 12x12 at 6*6 places.", "Grad-CAM: the 3x3 places of vgg16/block5_conv3",
        "Add --out",
    ),
    "how_convolution_gets_fast": (
        "no copy             Number k of window m lies at starts[m] + steps[k]", "conv2 of LeNet5Modern: 5x5\n",
        "64*150*16 = 153,600 times an image", "64*150 = 9,600 numbers an image, of which there are but 864",
        "64 + 150 = 214 numbers", "conv2 of MNISTConvNet: 3x3\n", "576*288*64 = 10,616,832 times an image",
        "144*16*32*64 = 4,718,592 times an image", "\n  one matrix product", "\n  compiled copying", "\n  no copy",
        "\n  register block", "\n  threads", "\n  Winograd    ", "back to the image", "back to the kernels",
        "a training step of the net", "Name a folder to have the ladders drawn",
    ),
    "lenet_to_densenet": (
        "LeNet5       1998 32x32x1        7       60,000         340,908",
        "AlexNet      2012 227x227x3      8   60,965,224     728,530,860",
        "GoogLeNet    2014 224x224x3     22    6,998,552   1,602,682,904", "ResNet152    2015 224x224x3    152",
        "DenseNet121  2016 224x224x3    121    7,978,856   2,836,721,640", "7.6 times as deep as VGG16, with 1/17 of",
    ),
    "numbers_people_quote": (
        "journal: 60*(5*5+1)*100 = 156,000, one", "the journal has (60 - 16)*100 = 4,400 more.\n",
        "117,600 + 1,176 + 150,000 + 400 + 48,000 + 10,080 + 840 = 328,096\n", "It cannot be derived from the text.",
        "f(a) = 1.7159*(2*sigmoid(4a/3) - 1).", "conv2 +307,200, conv4 +663,552, conv5 +442,368\n",
        "659,272 units have weights. The list printed in section 3.5 adds up to 622,312:",
        "4096*(43264+1) = 177,213,440, 2.9 times", "2,688 = (7+7)*64*3, if", "1,344 + 1,344, no biases.",
        "524,288 + 2,097,152 + 2,097,152 = 4,718,592 fewer.", "gives 434 243 234:", "2*(3*3*3+1) = 56 parameters",
        "1x3, 1x5, 1x7:", "two see 5x5, three see 7x7;", "28*28*6*(5*5*1+1) = 122,304, as many",
    ),
    "occlusion_heat_map": (
        "The square is 9x9 pixels, its cell 2x2: 14*14 = 196 places for each digit",
        "digit  probability   at worst", "changes most. Left: the digit.", "Name a folder to have the maps drawn",
    ),
    "own_layer": (
        "Gradient check of Swish 'swish': passed", "the sum of 120 squared gradients, for x and for beta: right",
        "swish (Swish)", "Epoch 2/2", "Training made of them:",
        "all 10,000 predictions are the same, bit for bit",
    ),
    "own_pictures": (
        "120 pictures in 3 folders: pictures/0, pictures/4, pictures/7",
        "on 96 pictures of 'pictures', 24 held out", "Accuracy on the 24 held-out pictures", "class  images  wrong",
        "pictures/7/03.png: 7\n", "the same from Python: 7",
    ),
    "rate_for_each_weight": (
        "wrong in training, of 1,000 test digits", "1e-04  ", "2e-06  ",
        "e-03 (the paper's first pass: about 7e-05 to 0.016)",
        "\nRates by layer, smallest, in the middle, and largest:\n  C1/kernel ", "  F6/bias ",
    ),
    "rbf_collapse": (
        "Eq. 8, centers fixed\n", "Eq. 8, centers may move\n", "Eq. 9 (j = 10), centers may move\n",
        "\n  Collapsed: the centers meet, the loss goes to zero, and the answers get worse and worse.\n\nEq. 9",
    ),
    "receptive_fields": (
        "  C3            10x10    14x14       2  ##############\n",
        "  C5            1x1      32x32       4  ################################  the whole picture\n",
        "  block5_pool   7x7      212x212    32  ", "  fc1           1        404x404     0  ",
        "size 14 + (2-1)*2 = 16; jump 2*2 = 4;", "Name a folder to have the fields drawn",
    ),
    "saliency_and_cam": (
        "Of each map's absolute values, on ink:\n", "add up to the scores within one part in ten:\nimage",
        "pooled: Grad-CAM of conv2 times 8*8 is CAM: True\n",
        "started anew  vanilla  guided  deconvnet  grad_cam\n",
        "nothing          1.00    1.00       1.00      1.00\noutput ",
        "Name a folder to have the figures drawn",
    ),
    "train_lenet5": (
        "Total params: 60,840", "Trainable params: 60,000", "Epoch 3/3",
        "Right on 9",  # nine out of ten, and more
        "of 1,000 digits it has never seen",
        "as truth -> answer:\n  held-out digit",
    ),
    "train_lenet1": (
        "pass  rate     seed 0: training  test   time\n   1  4.0e-04 ", "Name a folder to train on all of MNIST",
    ),
    "train_weights": (
        "Epoch 2/2", "training digits: ", "test digits:     ", " of 1,000 wrong",
        "Name a folder to train on all of MNIST",
    ),
    "watch_training": (
        "LeNet5Modern, after 4 epochs on 4,000 digits", "  conv1    0.18 at first, ", "rule of thumb",
        "Name a folder to have it drawn",
    ),
    "ten_digits_by_maximization": (
        "The recipe 'default'\n\n  class  best image  maximized\n      0 ", "The recipe 'classic'",
        "The network takes each of the ten pictures of the default recipe for its digit.\n", "go from 0 to 1,",
        "Name a folder to have them drawn",
    ),
    "walk_through_one_digit": (
        "Held-out digit 19 is a 5", "conv1/pre       (1, 24, 24, 6)", "pool2           (1, 4, 4, 16)",
        "the largest of 2*2 numbers of conv1", "<- the truth", "++", "--", "the gradient promises +",
    ),
    "what_excites_a_channel": (
        "conv2 of lenet5_modern: what its middle units see are rows 6 to 19, columns 6 to 19\n",
        "channel  best patch  of image  at unit   maximized\n", " of 16 channels answer the maximized picture more",
        "sees 14x14 pixels of 28x28", "Name a folder to have them drawn",
    ),
}


LEAVES = {"gallery": ["gallery"]}  # an example whose point is what it writes


# Some would take minutes.
ARGUMENTS = {"ablation": ["--quick"]}


def run(example, folder):
    """Run an example as a reader would, warnings being errors; returns what it printed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    keras_own = "ignore:__array__ implementation:DeprecationWarning"  # of Keras on torch beside NumPy 2
    done = subprocess.run([sys.executable, "-W", "error", "-W", keras_own, str(example),
                           *ARGUMENTS.get(example.stem, [])], cwd=folder, env=environment,
                          capture_output=True, encoding="utf-8", timeout=600)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_tells_its_story(example, tmp_path):
    assert example.stem in SAYS, f"say in SAYS what {example.name} prints"
    output = run(example, tmp_path)
    missing = [words for words in SAYS[example.stem] if words not in output]
    assert not missing, output
    assert [path.name for path in tmp_path.iterdir()] == LEAVES.get(example.stem, [])


def test_every_story_has_its_example():
    assert sorted(SAYS) == [path.stem for path in EXAMPLES]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_says_which_question_it_answers_and_how_long_it_takes(example):
    story = ast.get_docstring(ast.parse(example.read_text(encoding="utf-8")))
    assert story is not None
    assert "?" in story.splitlines()[0]
    assert "second" in story
