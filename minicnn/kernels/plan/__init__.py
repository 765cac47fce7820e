"""Programs of kernels: what a network does, as a table of lines that one compiled function walks. Read in this order:

- `instructions`: what a line says, and what a step is
- `machine`: the loop over blocks of images and over lines
- `products`, `pooling`: steps whose loops are those of `minicnn.kernels.vector`
- `lanes`: a step whose vectors hold a pixel of 16 images
- `copies`, `elementwise`, `ends`: the steps in between

Who writes the programs, and why they are faster than calling kernel by kernel: `minicnn.plans`.
"""
