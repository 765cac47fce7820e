"""The letters of this package, and which way each axis runs. Every docstring uses only these.

======  =====================================================================================
N       images in a batch
H W     height and width of an image; rows run down, columns run right, from 0
C       channels (maps) of the input of a layer
F       filters: channels (maps) of the output of a layer
kh kw   height and width of a kernel or window
oh ow   height and width of an output
G       groups of a grouped convolution: each group sees C/G channels and makes F/G filters
K       links of a connection table: pairs (input map, output map) that have a kernel
D U     inputs and units of a dense layer
x y     what goes into a layer, what comes out
dy dx   gradient of a scalar with respect to ``y``, and to ``x``
hy hx   diagonal second derivative (Gauss-Newton) of a scalar with respect to ``y``, and to ``x``
======  =====================================================================================

Images are ``(N, H, W, C)``, kernels ``(kh, kw, C/G, F)``: the axes as Keras stores them ("channels
last"). The convolution of this field is a cross-correlation; nothing is flipped going forward::

    y[n, i, j, f] = bias[f] + sum over p, q, c of  x[n, i + p, j + q, c] * kernel[p, q, c, f]

Paddings are four numbers (top, bottom, left, right). A row ``1234`` padded by one on each side and
read by a window of three with stride two::

    0 1 2 3 4 0        windows: 012  234   (the last column is never read)
"""
