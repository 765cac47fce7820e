"""What minicnn and Keras both have, by the name of the class in Keras. One table for both directions.

Arguments have the same names in both, so a row needs to say only what Keras writes down besides, and which values of
it mean what minicnn does anyway.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minicnn import initializers, layers, losses, optimizers, regularizers, schedules
from minicnn._config import Configurable


@dataclass(frozen=True)
class Row:
    """A class that both have.

    ours: minicnn's class.
    known: arguments that Keras has besides, and the values of them that are no different from minicnn's way. None
        stands for any value: it changes nothing in what is computed.
    written: what a file must say of them; what it does not say is Keras's default.
    older: names that arguments had in Keras 2.
    """

    ours: type[Configurable]
    known: Mapping[str, tuple[Any, ...] | None] = field(default_factory=dict)
    written: Mapping[str, Any] = field(default_factory=dict)
    older: Mapping[str, str] = field(default_factory=dict)


_IMAGE: dict[str, tuple[Any, ...] | None] = {"data_format": ("channels_last", None)}
_CHANNELS_LAST = {"data_format": "channels_last"}  # what it means to say nothing, a user of Keras may have set
_LEARNED: dict[str, tuple[Any, ...] | None] = {
    "activity_regularizer": (None,), "kernel_constraint": (None,), "bias_constraint": (None,),
    "depthwise_constraint": (None,), "lora_rank": (None,), "quantization_config": (None,)}
_CONVOLUTION = {**_IMAGE, **_LEARNED, "rank": (2,)}
_NORMALIZATION: dict[str, tuple[Any, ...] | None] = {
    "beta_constraint": (None,), "gamma_constraint": (None,), "synchronized": (False,), "renorm": (False,),
    "renorm_clipping": None, "renorm_momentum": None, "fused": None, "virtual_batch_size": (None,)}


def _image(ours: type[Configurable], **known: Any) -> Row:
    return Row(ours, {**_IMAGE, **known}, _CHANNELS_LAST)


LAYERS: dict[str, Row] = {
    "Conv2D": Row(layers.Conv2D, _CONVOLUTION, _CHANNELS_LAST),
    "DepthwiseConv2D": Row(layers.DepthwiseConv2D, {
        # Written by Keras 2, from its base class; what counts has other names or is the number of channels.
        **_CONVOLUTION, "groups": None, "filters": (None,), "kernel_initializer": None, "kernel_regularizer": None,
    }, _CHANNELS_LAST),
    "Conv2DTranspose": Row(layers.Conv2DTranspose, {**_CONVOLUTION, "groups": (1,)}, _CHANNELS_LAST),
    "Dense": Row(layers.Dense, _LEARNED),
    "MaxPooling2D": _image(layers.MaxPooling2D),
    "AveragePooling2D": _image(layers.AveragePooling2D),
    "GlobalMaxPooling2D": _image(layers.GlobalMaxPooling2D),
    "GlobalAveragePooling2D": _image(layers.GlobalAveragePooling2D),
    "ZeroPadding2D": _image(layers.ZeroPadding2D),
    "Cropping2D": _image(layers.Cropping2D),
    "Flatten": _image(layers.Flatten),
    "Reshape": Row(layers.Reshape),
    "BatchNormalization": Row(layers.BatchNormalization, _NORMALIZATION),
    "Dropout": Row(layers.Dropout, {"seed": None}),
    "Rescaling": Row(layers.Rescaling),
    "Activation": Row(layers.Activation),
    "ReLU": Row(layers.ReLU),
    "LeakyReLU": Row(layers.LeakyReLU, older={"alpha": "negative_slope"}),
    "ELU": Row(layers.ELU),
    "Softmax": Row(layers.Softmax),
    "Add": Row(layers.Add),
    "Average": Row(layers.Average),
    "Multiply": Row(layers.Multiply),
    "Concatenate": Row(layers.Concatenate),
}

EVERY_LAYER: dict[str, tuple[Any, ...] | None] = {"batch_input_shape": None, "autocast": None, "input_dtype": None}
"""What Keras writes down of any layer, and is no argument of it here."""

# GlorotUniform's axes are Keras 3.15's; with None they are what they always were.
_AXES: dict[str, tuple[Any, ...] | None] = {"input_axes": (None,), "output_axes": (None,)}
_ANY_TYPE: dict[str, tuple[Any, ...] | None] = {"dtype": None}  # Keras 2

INITIALIZERS: dict[str, Row] = {kind.__name__: Row(kind, {**_AXES, **_ANY_TYPE}) for kind in (
    initializers.Zeros, initializers.Ones, initializers.Constant, initializers.RandomNormal, initializers.RandomUniform,
    initializers.TruncatedNormal, initializers.VarianceScaling, initializers.GlorotUniform, initializers.GlorotNormal,
    initializers.HeUniform, initializers.HeNormal, initializers.LecunUniform, initializers.LecunNormal)}

REGULARIZERS: dict[str, Row] = {kind.__name__: Row(kind) for kind in (
    regularizers.L1, regularizers.L2, regularizers.L1L2)}

SCHEDULES: dict[str, Row] = {kind.__name__: Row(kind, {"name": None}) for kind in (
    schedules.ExponentialDecay, schedules.PiecewiseConstantDecay, schedules.CosineDecay)}

_UPDATES: dict[str, tuple[Any, ...] | None] = {
    "name": None, "use_ema": (False,), "ema_momentum": None, "ema_overwrite_frequency": None,
    "loss_scale_factor": (None,), "gradient_accumulation_steps": (None,), "jit_compile": None,
    "is_legacy_optimizer": None, "decay": (0, None)}

OPTIMIZERS: dict[str, Row] = {kind.__name__: Row(kind, _UPDATES, older={"lr": "learning_rate"}) for kind in (
    optimizers.SGD, optimizers.RMSprop, optimizers.Adagrad, optimizers.Adadelta, optimizers.Adam, optimizers.AdamW)}

_MEAN: dict[str, tuple[Any, ...] | None] = {
    "name": None, "reduction": ("sum_over_batch_size", "auto"), "dtype": ("float32", None), "axis": (-1,),
    "fn": None, "ignore_class": (None,)}

LOSSES: dict[str, Row] = {kind.__name__: Row(kind, _MEAN) for kind in (
    losses.MeanSquaredError, losses.MeanAbsoluteError, losses.Huber, losses.BinaryCrossentropy, losses.Hinge,
    losses.CategoricalCrossentropy, losses.SparseCategoricalCrossentropy)}
