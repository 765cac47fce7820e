"""Programs of kernels: what a network does, as a table of lines that one compiled function walks. Read in this order:

- `instructions`: what a line says
- `machine`: the loop over blocks of images and over lines, and the choice of the step
- `copies`, `elementwise`, `ends`: the steps that `minicnn.kernels.vector` does not have as loops of its own

Who writes the programs, and why they are faster than calling kernel by kernel: `minicnn.plans`.
"""
