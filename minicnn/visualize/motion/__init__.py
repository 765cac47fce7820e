"""How the arithmetic of convolution and pooling moves over an image, step by step."""

from minicnn.visualize.motion.convolution import animate_convolution, convolution_steps
from minicnn.visualize.motion.pooling import animate_pooling, pooling_steps

__all__ = ["animate_convolution", "animate_pooling", "convolution_steps", "pooling_steps"]
