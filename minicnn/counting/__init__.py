"""Counting: every number about a network, with the arithmetic shown.

    >>> from minicnn.applications import LeNet5
    >>> counted = count(LeNet5())
    >>> int(counted.trainable), int(counted.connections), int(counted.macs)
    (60000, 340908, 328096)
    >>> print(counted.explain("C3", "parameters").splitlines()[0])
    6*(3*5*5+1) + 6*(4*5*5+1) + 3*(4*5*5+1) + 1*(6*5*5+1) = 1,516

All figures are of one sample. What they mean:

parameters
    Numbers that are stored, each tensor once, however often its layer is used. Those that training moves are
    *trainable*: not those of frozen layers, and no moving statistics.
connections
    LeCun's (1998): links into a unit. A unit that sums 5x5 inputs and a bias has 26. Units of pools, of `Add`,
    `Average` and `Multiply` and of local response normalization have one for each number they see; a link from the
    padding counts like any other. Where each number is made of one other (activations, reshaping, dropout, scaling,
    batch normalization) there are none. They count at every use of a shared layer, as all that follows does.
macs
    Multiply-accumulates: products of a weight and an input; the padding's zeros count, biases do not. One for each
    output of a subsampling (sum, times coefficient), one for each square of an RBF, one for each number that batch
    normalization or a rescaling scales, one for each square in local response normalization, and for `Multiply` the
    products. Pools have none.
flops
    Connections + macs: additions (sums start from zero; a comparison or a mean's division counts as one) and
    multiplications. Activation functions are not counted. Scalings count two for each number, RBFs three for each
    link.
neurons
    Units of layers with weights: convolutions, subsampling, dense, RBF; not of pools, nor of layers without weights.
memory
    Bytes of activations: at the most at one time in a prediction, where what nobody needs any more is given back; and
    for *training*, where all values are kept for the way back. Before and behind an activation function they are two
    values. The input, which is the caller's, parameters and gradients are not counted.
receptive field
    The pixels that a unit sees, as height and width; how many pixels it moves from one unit to the next (jump); where
    the middle of the first unit's field is (center; the middle of the first pixel is at 0, 0). See `fields`.
"""

from minicnn.counting import rules
from minicnn.counting.count import Count, Row, count, node_fields
from minicnn.counting.expressions import Expression, number, product, total
from minicnn.counting.fields import Field
from minicnn.counting.figures import ALL, EVERYTHING, SAME, Figures, Slide, register, sliding
from minicnn.counting.summary import summary_html, summary_text
from minicnn.counting.tables import CONVENTION, as_text, compared

__all__ = [
    "ALL", "CONVENTION", "EVERYTHING", "SAME", "Count", "Expression", "Field", "Figures", "Row", "Slide", "as_text",
    "compared", "count", "node_fields", "number", "product", "register", "rules", "sliding", "summary_html",
    "summary_text", "total",
]
