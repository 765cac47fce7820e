"""Data: arrays out. Nothing is read or downloaded at import.

=================  ========================================================================================
``digits``         5,000 real handwritten digits of MNIST inside the package, 4,000 to train on
``mnist``          all 70,000 digits of MNIST, from a data folder or downloaded
``fashion_mnist``  70,000 pictures of garments in ten classes, in MNIST's format
``idx``            the file format of both, for relatives of MNIST
``image_folder``   your own pictures in batches; see `minicnn.utils.image_dataset_from_directory`
``rbf_codes``      the 96 character bitmaps of LeNet-5's output layer (LeCun et al. 1998, Figure 3)
=================  ========================================================================================

``import minicnn.datasets`` loads none of them; each comes with its first use::

    import minicnn
    (x_train, y_train), (x_test, y_test) = minicnn.datasets.digits.load_data()
"""

import importlib
from types import ModuleType

__all__ = ["digits", "fashion_mnist", "idx", "image_folder", "mnist", "rbf_codes"]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
