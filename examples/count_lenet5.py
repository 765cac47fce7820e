"""Where do LeNet-5's 60,000 parameters and 340,908 connections come from? (about 1 second)

A parameter is a number that training may move. A connection is one use of a number at one place: one line in the
drawing of the network. A convolution uses the same few parameters everywhere, so it has far more connections.
"""

from minicnn.applications import LeNet5
from minicnn.applications.lenet5 import TABLE_I
from minicnn.counting import Count, count

WORDS = {
    "C1": "6 kernels of 5x5 on the one image, and a bias each; used at 28*28 places",
    "S2": "a coefficient and a bias for each of 6 maps; a unit adds 2*2 inputs and the bias",
    "C3": "6 maps see 3 maps of S2 each, then 6 see 4, 3 see 4, and 1 sees all 6: Table I below",
    "S4": "as S2, for 16 maps",
    "C5": "120 kernels of 5x5 on all 16 maps; they fit at one place only, so nothing is shared",
    "F6": "84 units, each sees all 120, and a bias",
    "RBF": "10 units, each compares its code of 84 numbers with F6",
}


def main() -> None:
    counted = count(LeNet5())
    the_layers(counted)
    the_table()
    the_journal(counted)


def the_layers(counted: Count) -> None:
    print("LeNet-5, layer by layer\n")
    for row in counted.rows:
        if row.connections:  # the flattening between C5 and F6 has none
            fixed = "" if row.trainable else "  (fixed: drawn by hand, not trained)"
            print(f"  {row.name:<4} makes {'x'.join(map(str, row.output_shape))}: {WORDS[row.name]}")
            print(f"       parameters   {row.parameters_text}{fixed}")
            print(f"       connections  {row.connections_text}")
    trainable = " + ".join(f"{row.trainable:,}" for row in counted.rows if row.trainable)
    connections = " + ".join(f"{row.connections:,}" for row in counted.rows if row.connections)
    print(f"\n  trainable parameters  {trainable} = {counted.trainable:,}")
    print(f"  connections           {connections} = {counted.connections:,}")


def the_table() -> None:
    print("\nTable I: which maps of S2 (rows) each map of C3 (columns) sees\n")
    inputs, outputs = TABLE_I.shape
    print("       " + "".join(f"{f:>3}" for f in range(outputs)))
    for c in range(inputs):
        print(f"    {c:>3}" + "".join("  X" if linked else "  ." for linked in TABLE_I[c]))
    print("  sees " + "".join(f"{n:>3}" for n in TABLE_I.sum(axis=0)) + f"   together {TABLE_I.sum()} kernels")


def the_journal(counted: Count) -> None:
    # The authors' preprint prints 340,908; the printed journal has other figures, for C3 and in total.
    _, filters = TABLE_I.shape
    kernels = int(TABLE_I.sum())            # one of 5x5 for each X of Table I
    height, width, _ = counted["C3"].output_shape
    positions = height * width              # where each kernel is applied

    bias_per_map = (kernels * 5 * 5 + filters) * positions
    bias_per_kernel = kernels * (5 * 5 + 1) * positions
    surplus = (kernels - filters) * positions
    journal = counted.connections - bias_per_map + bias_per_kernel

    print(f"\nWhy the journal prints {bias_per_kernel:,} connections for C3, and {journal:,} in total\n")
    print(f"  one bias for each map:     ({kernels}*5*5 + {filters}) * {positions} = {bias_per_map:,}  (the preprint)")
    print(f"  one bias for each kernel:  {kernels}*(5*5 + 1) * {positions}  = {bias_per_kernel:,}  (the journal)")
    print(f"  the difference:            ({kernels} - {filters}) * {positions} = {surplus:,} biases too many")
    print(f"  the journal's total:       {counted.connections:,} + {surplus:,} = {journal:,}")
    print(f"\n  The paper gives C3 {counted['C3'].parameters:,} parameters. That is one bias for each map:"
          f" {kernels}*5*5 + {filters}.\n  So the preprint's figures are those of the network.")

    assert (counted.trainable, counted.connections) == (60_000, 340_908), "these are the paper's numbers"
    assert (bias_per_map, bias_per_kernel, journal) == (counted["C3"].connections, 156_000, 345_308)


if __name__ == "__main__":
    main()
