"""Data that comes inside the package: arrays out, nothing is downloaded.

===============  ==========================================================================================
``digits``       5,000 real handwritten digits of MNIST, 4,000 to train on and 1,000 held out
``rbf_codes``    the 96 character bitmaps of LeNet-5's output layer (LeCun et al. 1998, Figure 3)
===============  ==========================================================================================

``import minicnn.datasets`` loads neither; each comes with its first use::

    import minicnn
    (x_train, y_train), (x_test, y_test) = minicnn.datasets.digits.load_data()
"""

import importlib
from types import ModuleType

__all__ = ["digits", "rbf_codes"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
