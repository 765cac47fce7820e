"""Races against PyTorch, Keras and JAX that anybody can run: ``python -m benchmarks --help``. Read in this order:

- `works`: what is raced: a training step, a forward pass, an epoch, one layer
- `rows`: the rows of the tables, with their targets
- `competitors`: who takes part, and what each needs to be installed
- `with_minicnn`, `with_torch`, `with_keras`, `with_jax`: the same work done by each, from the same weights
- `racing`: processes that take turns, and the check that they compute the same
- `starting`: importing, and the first step of a new process
- `report`, `chart`: the tables and the picture

``python -m benchmarks.register_blocks`` and ``python -m benchmarks.augmentation_cost`` are small ones of their own.
"""
