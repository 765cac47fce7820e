"""Where do LeNet-5's 60,000 parameters and 340,908 connections come from? (about 1 second)

A parameter is a number that training may move. A connection is one use of a number at one place: one line in the
drawing of the network. A convolution uses the same few parameters everywhere, so it has far more connections.
"""

from minicnn.applications import LeNet5
from minicnn.applications.lenet5 import TABLE_I
from minicnn.counting import count


def main() -> None:
    counted = count(LeNet5())
    the_layers(counted)
    the_table()
    the_journal(counted)


def the_layers(counted) -> None:
    print("LeNet-5, layer by layer (the flattening between C5 and F6 has nothing to count)\n")
    for row in counted.rows:
        if row.connections:
            fixed = "" if row.trainable else "  (fixed: drawn by hand, not trained)"
            print(f"  {row.name:<4} makes {'x'.join(map(str, row.output_shape))}")
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


def the_journal(counted) -> None:
    # The authors' preprint prints 340,908; the printed journal has other figures, for C3 and in total.
    _, filters = TABLE_I.shape
    kernels = int(TABLE_I.sum())            # one of 5x5 for each X of Table I
    height, width, _ = counted["C3"].output_shape
    positions = height * width              # where each kernel is applied

    bias_per_map = (kernels * 5 * 5 + filters) * positions
    bias_per_kernel = kernels * (5 * 5 + 1) * positions
    surplus = (kernels - filters) * positions
    journal = counted.connections - bias_per_map + bias_per_kernel

    print("\nWhy the journal prints 156,000 connections for C3, and 345,308 in total\n")
    print(f"  one bias for each map:     ({kernels}*5*5 + {filters}) * {positions} = {bias_per_map:,}"
          "   the preprint, and the sum above")
    print(f"  one bias for each kernel:  {kernels}*(5*5 + 1) * {positions} = {bias_per_kernel:,}"
          "        the journal")
    print(f"  too many by                ({kernels} - {filters}) * {positions} = {surplus:,}")
    print(f"  so the journal's total is  {counted.connections:,} + {surplus:,} = {journal:,}")
    print(f"\n  C3 has one bias for each map: its parameters are {counted['C3'].parameters_text}. So the first is right.")

    assert (counted.trainable, counted.connections) == (60_000, 340_908), "these are the paper's numbers"
    assert (bias_per_map, bias_per_kernel, journal) == (counted["C3"].connections, 156_000, 345_308)


if __name__ == "__main__":
    main()
