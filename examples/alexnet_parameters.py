"""Where are AlexNet's 60 million parameters? (about 1 second)

The paper of 2012 says "60 million parameters and 650,000 neurons", and that five of its eight layers are convolutions.
A convolution uses its few parameters at many places; a fully connected unit has one for each number it sees.
"""

from minicnn.applications import AlexNet
from minicnn.counting import Count, count


def main() -> None:
    published, one_tower = count(AlexNet()), count(AlexNet(towers=1))
    the_layers(published)
    the_two_halves(published)
    the_other_sixty_million(published, one_tower)


def the_layers(counted: Count) -> None:
    print("AlexNet as published, layer by layer\n")
    print(f"  {'layer':<6} {'output':<10} {'parameters':<42} {'of all':>7}   connections")
    for row in counted.rows:
        if row.parameters:
            share = 100 * row.parameters / counted.parameters
            print(f"  {row.name:<6} {'x'.join(map(str, row.output_shape)):<10} {row.parameters_text:<42} {share:6.2f}%"
                  f" {row.connections:>13,}")
    print(f"  {'all':<6} {'':<10} {counted.parameters:<42,} 100.00%")


def the_two_halves(counted: Count) -> None:
    convolutions = [row for row in counted.rows if row.kind == "Conv2D"]
    dense = [row for row in counted.rows if row.kind == "Dense"]
    print("\nTwo halves, and they are not alike\n")
    for name, rows in (("5 convolutions", convolutions), ("3 dense layers", dense)):
        parameters, connections = (sum(getattr(row, what) for row in rows) for what in ("parameters", "connections"))
        print(f"  {name}: {parameters:>10,} parameters, used {connections:>13,} times: "
              f"{connections / parameters:6.1f} times each")
    fc6 = counted["fc6"]
    print(f"\n  fc6 alone has {100 * fc6.parameters / counted.parameters:.0f}%: each of its 4096 units sees all "
          "6*6*256 numbers of the last pool.\n  Later networks (GoogLeNet, ResNet, DenseNet) take the mean of each map "
          "there, and have no such layer.")


def the_other_sixty_million(published: Count, one_tower: Count) -> None:
    print("\nWhy others count 62 million\n")
    more = []
    for row in published.rows:
        twin = one_tower[row.name]
        if twin.parameters != row.parameters:
            more.append(twin.parameters - row.parameters)
            print(f"  {row.name}: {row.parameters_text} in two towers, {twin.parameters_text} in one")
    print(f"  {published.parameters:,} + {' + '.join(f'{n:,}' for n in more)} = {one_tower.parameters:,}")
    print("  Half of the maps stood on each of two graphics cards, and these layers see only those of their own card.")
    assert published.parameters + sum(more) == one_tower.parameters == 62_378_344


if __name__ == "__main__":
    main()
