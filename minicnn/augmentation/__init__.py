"""Augmentation: training images changed a little, at random, each time they are seen.

======================  =======================================================================================
`Augmentation`          translate, scale, squeeze, shear, rotate, mirror, bend, add noise: one object says what may
                        happen, and is called on a batch with a random generator
`lenet5_distortions`    the distortions of LeCun et al. 1998
``alexnet``             the recipe of Krizhevsky et al. 2012: random crops, mirroring, PCA color noise, prediction
                        from ten crops
======================  =======================================================================================

Everything here is a function of the images and of the state of the generator: the same seed gives the same
bits. No image that is handed in is written to. ::

    from minicnn.augmentation import lenet5_distortions

    augment = lenet5_distortions()
    distorted = augment(images, numpy.random.default_rng(0))      # (N, H, W, C) -> the same shape and type
"""

from minicnn.augmentation import alexnet
from minicnn.augmentation.distortions import Augmentation, lenet5_distortions

__all__ = ["Augmentation", "alexnet", "lenet5_distortions"]
