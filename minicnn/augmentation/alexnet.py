"""The recipe of AlexNet: random crops, mirroring, PCA color noise, and prediction from ten crops.

Source: Krizhevsky, Sutskever, Hinton, "ImageNet classification with deep convolutional neural networks", NIPS
2012, section 4.1. There, images are 256x256, crops 224x224::

    colors = alexnet.fit_colors(all_images)                            # once, before training

    crops = alexnet.random_crop(images, 224, rng)                      # for every batch
    crops = alexnet.pca_color_noise(alexnet.mirror(crops, rng), *colors, rng)

    scores = alexnet.ten_crop_predict(model.predict, images, 224)      # after training
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minicnn import _checks
from minicnn._types import Array, Pair
from minicnn.augmentation import _images


def random_crop(images: Any, size: int | Sequence[int], rng: np.random.Generator) -> Array:
    """A patch of ``size`` (an integer, or height and width) from each image (N, H, W, C), anywhere, equally likely."""
    images, rng = _images.batch(images, "random_crop"), _images.generator(rng, "random_crop")
    height, width = _crop_size(images, size, "random_crop")
    top = rng.integers(0, images.shape[1] - height + 1, len(images))
    left = rng.integers(0, images.shape[2] - width + 1, len(images))
    crops = np.empty((len(images), height, width, images.shape[3]), images.dtype)
    for crop, image, i, j in zip(crops, images, top, left, strict=True):
        crop[...] = image[i:i + height, j:j + width]
    return crops


def mirror(images: Any, rng: np.random.Generator) -> Array:
    """Each image (N, H, W, C) as it is or with left and right exchanged, equally likely."""
    images, rng = _images.batch(images, "mirror"), _images.generator(rng, "mirror")
    chosen = rng.random(len(images)) < 0.5
    mirrored: Array = np.where(chosen[:, None, None, None], images[:, :, ::-1], images)
    return mirrored


def fit_colors(images: Any) -> tuple[Array, Array]:
    """How colors vary over all pixels of (N, H, W, C): eigenvectors (C, C), one a column, and eigenvalues (C,).

    They are those of the covariance matrix of the channels, the largest first; an eigenvector's largest
    component is positive. Bytes count as 0 .. 1, see `pca_color_noise`. Images are read one at a time, twice,
    so a memory-mapped array may be larger than memory.
    """
    images = _images.with_pixels(images, "fit_colors")
    if not images.size:
        raise _checks.error("fit_colors", "there is no pixel", "at least one", f"shape {images.shape}")
    pixels = images.size // images.shape[3]
    mean = sum(_colors(image).sum(axis=0) for image in images) / pixels
    covariance = sum(_scatter(_colors(image) - mean) for image in images) / pixels
    _checks.finite(covariance, "fit_colors, the covariance of the channels")
    eigenvalues, eigenvectors = np.linalg.eigh(covariance)
    largest = np.abs(eigenvectors).argmax(axis=0)
    eigenvectors = eigenvectors * np.where(eigenvectors[largest, range(len(largest))] < 0, -1.0, 1.0)
    return eigenvectors[:, ::-1].copy(), np.maximum(eigenvalues[::-1], 0.0)  # rounding may leave -1e-18 for 0


def pca_color_noise(images: Any, eigenvectors: Any, eigenvalues: Any, rng: np.random.Generator,
                    sigma: float = 0.1) -> Array:
    """Each image (N, H, W, C) with the color of its light changed: the same small color added to all its pixels.

    The color is ``sum over k of  p_k alpha_k lambda_k``: eigenvector k, times a normal number of standard deviation
    ``sigma`` (the paper: 0.1) drawn for this image, times eigenvalue k.

    An eigenvalue is a variance, in squared units of a pixel, so the paper's formula depends on the unit, and the
    paper does not say which it was: with the colors of ImageNet in 0 .. 1 it adds about 0.02, in 0 .. 255 about
    1,400. Here bytes count as 0 .. 1, so bytes and the same images in floats from 0 to 1 change alike.
    Bytes are rounded and cut at 0 and 255, floats are not cut.
    """
    where = "pca_color_noise"
    images, rng = _images.with_pixels(images, where), _images.generator(rng, where)
    channels, sigma = images.shape[3], _checks.number(sigma, "sigma", where, minimum=0.0)
    vectors, values = _checks.numeric(eigenvectors, where), _checks.numeric(eigenvalues, where)
    if vectors.shape != (channels, channels) or values.shape != (channels,):
        raise _checks.error(where, "eigenvectors and eigenvalues do not fit the images",
                            f"shapes {(channels, channels)} and {(channels,)}", f"{vectors.shape} and {values.shape}",
                            "Take them from fit_colors of images with as many channels.")
    amounts = sigma * rng.standard_normal((len(images), channels)) * values
    colors = (vectors * amounts[:, None, :]).sum(axis=2)[:, None, None, :]
    if images.dtype == np.uint8:
        return _images.as_bytes(images + (255 * colors).astype(np.float32))
    colored: Array = images + colors.astype(images.dtype)
    return colored


def ten_crop(images: Any, size: int | Sequence[int]) -> Array:
    """Ten patches of each image (N, H, W, C): (N, 10, h, w, C).

    In this order: upper left, upper right, lower left, lower right, center, and the same five mirrored.
    """
    return np.stack(list(_ten_views(images, size, "ten_crop")), axis=1)


def ten_crop_predict(predict: Callable[[Array], Any], images: Any, size: int | Sequence[int]) -> Array:
    """The mean of what ``predict`` says of the ten patches of each image.

    predict: from a batch (N, h, w, C) to an array of N rows, as ``model.predict``; called ten times.
    """
    total: Any = 0.0
    for view in _ten_views(images, size, "ten_crop_predict"):
        rows = _checks.numeric(predict(np.ascontiguousarray(view)), "ten_crop_predict, the predictions")
        if rows.ndim == 0 or len(rows) != len(view):
            raise _checks.error("ten_crop_predict", "predict must give a row for each image", f"{len(view)} rows",
                                f"shape {rows.shape}")
        total = total + rows.astype(np.float64)
    mean: Array = (total / 10).astype(rows.dtype if rows.dtype.kind == "f" else np.float64)
    return mean


def _ten_views(images: Any, size: int | Sequence[int], where: str) -> Iterator[Array]:
    images = _images.batch(images, where)
    height, width = _crop_size(images, size, where)
    bottom, right = images.shape[1] - height, images.shape[2] - width
    corners = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
    crops = [images[:, i:i + height, j:j + width] for i, j in corners]
    yield from crops
    yield from (crop[:, :, ::-1] for crop in crops)


def _crop_size(images: Array, size: int | Sequence[int], where: str) -> Pair:
    height, width = _checks.pair(size, "size", where)
    if height > images.shape[1] or width > images.shape[2]:
        raise _checks.error(where, "the crop is larger than the images", f"at most {images.shape[1]}x{images.shape[2]}",
                            f"{height}x{width}", "Take a smaller crop or larger images.")
    return height, width


def _colors(image: Array) -> Array:
    """The pixels of one image as float64 rows (H W, C), bytes as 0 .. 1."""
    rows = image.reshape(-1, image.shape[2]).astype(np.float64)
    return rows / 255 if image.dtype == np.uint8 else rows


def _scatter(rows: Array) -> Array:
    product: Array = rows.T @ rows
    return product
