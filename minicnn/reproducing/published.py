"""The paper's figures for LeNet-5: LeCun, Bottou, Bengio and Haffner 1998, section III.

The curves were read off the vector drawings of the authors' preprint, to about 0.03 %. Figure 5 has 21 points for 20
passes; the text says of them: 0.95 % on the test digits, stable after about 10 passes; 0.35 % on the training digits
after 19.
"""

TRAINING = (4.89, 3.04, 1.77, 1.48, 1.22, .91, .78, .70, .57, .49, .46, .44, .41, *(.39,) * 4, *(.36,) * 4)
"""Figure 5, % of the training digits wrong while they are trained on, passes 1 to 21."""
TEST = (2.65, 2.24, 1.48, 1.43, 1.43, 1.09, 1.04, 1.06, .99, .96, .96, .99, *(.96,) * 9)
"""Figure 5, % of the test digits wrong behind each pass."""
TEST_ERROR, TRAINING_ERROR, DISTORTED_ERROR = 0.95, 0.35, 0.8
"""Section III-C, in words: % wrong at the end; the last one for a training with distortions."""
TEST_BY_SIZE = {15_000: 1.69, 30_000: 1.14, 60_000: 0.94}
"""Figure 6, % of the test digits wrong by how many digits were trained on."""
TRAINING_BY_SIZE = {15_000: 0.05, 30_000: 0.31, 60_000: 0.35}
"""Figure 6, % of the training digits wrong."""
DISTORTED_BY_SIZE = {60_000: 0.82}
"""Figure 6, the hollow square: trained with distortions."""
TIME = "two to three days"
"""Of CPU time for 20 passes, on one 200 MHz R10000 of an SGI Origin 2000."""
