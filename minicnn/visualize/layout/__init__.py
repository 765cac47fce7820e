"""Where the boxes and lines of a drawn graph go: numbers in, numbers out, nothing of figures or of networks.

A layered drawing, in the way of Sugiyama, Tagawa and Toda ("Methods for visual understanding of hierarchical system
structures", 1981), in four steps, one file each:

1. `ranks`: every box gets a rank; every link goes to a higher one;
2. `order`: the boxes of each rank get an order in which few links cross. A link that passes a rank has a *slot* in it;
3. `place`: the slots get positions; what belongs in one line is put in one line;
4. `layered`: the ranks get heights, the links their ways: down between boxes, never through one.

There are two directions: *along* goes with the links, *across* from side to side. `columns` cuts a long drawing into
columns where only one value goes on.
"""

from minicnn.visualize.layout.columns import in_columns
from minicnn.visualize.layout.layered import Box, Layout, Link, layered
from minicnn.visualize.layout.routes import Point, Route

__all__ = ["Box", "Layout", "Link", "Point", "Route", "in_columns", "layered"]
