"""What Keras answers to the cases of `function_cases`."""

from typing import Any

import function_cases as cases
import keras_side
from keras_cases import Case


def function(keras: Any, case: Case, dtype: str) -> keras_side.Answer:
    name, options = case.arguments["function"], cases.options(case)
    if name == "softplus":
        # log(exp(x) + exp(0)); torch's own softplus takes x itself for it from 20 on, off by 2e-9.
        return keras_side.differentiate(lambda x: keras.ops.logaddexp(x, keras.ops.zeros_like(x)),
                                        cases.function_input(case), dtype, case.name)
    chosen = getattr(keras.activations, name)
    return keras_side.differentiate(lambda x: chosen(x, **options), cases.function_input(case), dtype, case.name)


def number_loss(keras: Any, case: Case, dtype: str) -> keras_side.Answer:
    loss = getattr(keras.losses, case.arguments["loss"])(**cases.loss_options(case), reduction=None)
    return keras_side._loss(loss, cases.loss_targets(case).astype(dtype), cases.loss_outputs(case), dtype)
