"""`Augmentation`: says how images may be distorted, and distorts them."""

import importlib
import inspect
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from minicnn import _checks, kernels
from minicnn._config import Configurable
from minicnn._types import Array
from minicnn.augmentation import _images, elastic, maps, noise


class Augmentation(Configurable):
    """``augment(images, rng)``: every image distorted by chance, within the ranges given here.

    ===============  ==========================================  ==================================================
    argument         drawn for each image                        what it does
    ===============  ==========================================  ==================================================
    mirror=True      yes or no, equally likely                   exchanges left and right
    scale=s          factor exp U(-s, s)                         enlarges or shrinks
    squeeze=q        factor k = exp U(-q, q)                     width times k, height divided by k
    shear=h          U(-h, h)                                    shifts each row by so much per row (slant)
    rotate=r         U(-r, r) degrees                            turns around the center
    translate=t      U(-t, t) pixels, for each axis              shifts
    elastic=(a, s)   a smooth random displacement of each pixel  bends; a: alpha, how far, s: sigma, how smoothly
    noise=p          yes or no for each pixel                    inverts a pixel with probability p
    gaussian_noise=  normal, for each channel of each pixel      adds noise of this standard deviation, as a part
                                                                 of the value range
    ===============  ==========================================  ==================================================

    Factors are drawn by their logarithm, so that twice as large is as likely as half as large. The steps from
    mirror to elastic, in this order, are undone by one map, and each image is interpolated once (`maps` has the
    formulas, `elastic` the displacements, `reference` the interpolation); noise comes last.

    fill: the background, which moves in from outside; ``value_range[0]`` (for bytes 0) where it is not given.
    value_range: lowest and highest value of images of floats. Those of bytes are always 0 and 255.

    Sources: translation, scaling, squeezing and horizontal shearing: LeCun et al. 1998, section III-B;
    inverted pixels: the same, section III-E (p = 0.1); elastic: Simard et al. 2003, section 2 (alpha 34, sigma 4
    on images of 29x29).

    >>> augment = Augmentation(translate=2, rotate=10)
    >>> images = np.zeros((5, 28, 28, 1), np.uint8)
    >>> augment(images, np.random.default_rng(0)).shape
    (5, 28, 28, 1)
    """

    def __init__(self, *, translate: float = 0.0, scale: float = 0.0, squeeze: float = 0.0, shear: float = 0.0,
                 rotate: float = 0.0, mirror: bool = False, elastic: Sequence[float] | None = None,
                 noise: float = 0.0, gaussian_noise: float = 0.0, fill: float | None = None,
                 value_range: Sequence[float] = (0.0, 1.0)) -> None:
        self.translate = _range(translate, "translate")
        # A factor of exp(3), 20 times, leaves nothing of an image.
        self.scale, self.squeeze = _range(scale, "scale", below=3.0), _range(squeeze, "squeeze", below=3.0)
        self.shear, self.rotate = _range(shear, "shear"), _range(rotate, "rotate")
        if not isinstance(mirror, bool):
            raise _checks.error("Augmentation", "mirror is a matter of yes or no", "True or False", repr(mirror))
        self.mirror = mirror
        self.elastic = None if elastic is None else _alpha_and_sigma(elastic)
        self.noise, self.gaussian_noise = _range(noise, "noise", below=1.0), _range(gaussian_noise, "gaussian_noise")
        self.fill = None if fill is None else _checks.number(fill, "fill", "Augmentation")
        self.value_range = _low_and_high(value_range)

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self)).parameters
        said = [f"{name}={getattr(self, name)!r}" for name in defaults if getattr(self, name) != defaults[name].default]
        return f"{type(self).__name__}({', '.join(said)})"

    def __call__(self, images: Any, rng: np.random.Generator) -> Array:
        """The images (N, H, W, C), distorted: a new array of the same shape and type (bytes or floats).

        The result depends on the images, the state of ``rng`` and the options, and on nothing else. Random numbers
        are drawn in this order: steps of all images, displacements, inverted pixels, Gaussian noise.

        Raises MinicnnError where the images are none, of another type, or leave the value range that background
        and noise are taken from.
        """
        images, rng = _images.with_pixels(images, "Augmentation"), _images.generator(rng, "Augmentation")
        limits = self._limits(images)
        # Numba knows no numbers of 16 bits.
        distorted = images.astype(np.float32) if images.dtype == np.float16 else images
        distorted = self._move(distorted, self._background(images, limits), rng)
        if self.noise:
            distorted = noise.invert_some(distorted, self.noise, *limits, rng)
        if self.gaussian_noise:
            distorted = noise.add_gaussian(distorted, self.gaussian_noise * (limits[1] - limits[0]), rng)
        return distorted.astype(images.dtype, copy=False)

    def draw(self, count: int, rng: np.random.Generator) -> dict[str, Array]:
        """The random steps of ``count`` images, as `maps.inverse_maps` takes them.

        The same numbers are drawn whatever the options: one range changed, the other steps stay as they were.
        """
        signed = 2 * rng.random((count, 7)).T - 1
        return {"mirror": self.mirror & (signed[0] < 0),
                "scale": np.exp(self.scale * signed[1]), "squeeze": np.exp(self.squeeze * signed[2]),
                "shear": self.shear * signed[3], "rotate": self.rotate * signed[4],
                "translate_x": self.translate * signed[5], "translate_y": self.translate * signed[6]}

    def _move(self, images: Array, background: float, rng: np.random.Generator) -> Array:
        """Everything but the noise."""
        steps, image = self.draw(len(images), rng), (images.shape[1], images.shape[2])
        fields = self.elastic and elastic.displacement_fields(len(images), image, *self.elastic, rng)
        if not self._moves():
            return images.copy()
        moved: Array = _resampling().resample(images, maps.inverse_maps(steps, image), fields, background)
        return moved

    def _moves(self) -> bool:
        return self.mirror or self.elastic is not None or any(
            (self.translate, self.scale, self.squeeze, self.shear, self.rotate))

    def _limits(self, images: Array) -> tuple[float, float]:
        """Lowest and highest value; an error where they are needed and the images do not keep to them."""
        if images.dtype == np.uint8:
            return 0.0, 255.0
        low, high = self.value_range
        needed = self.noise or self.gaussian_noise or (self.fill is None and self._moves())
        slack = 1e-3 * (high - low)  # values were rounded when they were scaled
        if needed and images.size and not low - slack <= images.min() <= images.max() <= high + slack:
            raise _checks.error("Augmentation", "the images leave their value range", f"{low:g} to {high:g}",
                                f"{images.min():g} to {images.max():g}",
                                "Say which values are lowest (the background) and highest: value_range=(low, high).")
        return low, high

    def _background(self, images: Array, limits: tuple[float, float]) -> float:
        fill = limits[0] if self.fill is None else self.fill
        if images.dtype == np.uint8 and not (0 <= fill <= 255 and fill == int(fill)):
            raise _checks.error("Augmentation", "fill is no value of images of bytes", "an integer from 0 to 255", fill)
        return fill


def lenet5_distortions() -> Augmentation:
    """The distortions LeNet-5 was trained on: translation, scaling, squeezing, horizontal shearing, no rotation.

    For images as `applications.lenet5_images` makes them, -0.1 to 1.175, and for bytes. Those images have 32x32
    pixels; on 28x28 a tall digit may lose its ends.

    Source: LeCun et al. 1998, section III-B, "planar affine transformations"; rotation is not in its list. The
    paper gives no ranges. These were found by trial: up to 2 pixels, 10 % in size and in proportions, and a fifth
    of a pixel sideways per row.
    """
    return Augmentation(translate=2, scale=0.1, squeeze=0.1, shear=0.2, value_range=(-0.1, 1.175))


def _resampling() -> ModuleType:
    """The jitted version, unless kernels were asked for that are not."""
    name = "with_numba" if kernels.current() in ("numba", "vector") else "reference"
    return importlib.import_module(f"minicnn.augmentation.{name}")


def _range(value: object, name: str, below: float | None = None) -> float:
    return _checks.number(value, name, "Augmentation", minimum=0.0, below=below)


def _two(value: object, name: str, meaning: str) -> Sequence[Any]:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 2:
        raise _checks.error("Augmentation", f"{name} must be two numbers", meaning, repr(value))
    return value


def _alpha_and_sigma(value: object) -> tuple[float, float]:
    alpha, sigma = _two(value, "elastic", "(alpha, sigma)")
    # The smallest sigma in the paper (Figure 2) is 0.01: no smoothing at all.
    return _range(alpha, "elastic's alpha"), _checks.number(sigma, "elastic's sigma", "Augmentation", minimum=0.01)


def _low_and_high(value: object) -> tuple[float, float]:
    sides = _two(value, "value_range", "(low, high)")
    low, high = (_checks.number(side, "value_range", "Augmentation") for side in sides)
    if low >= high:
        raise _checks.error("Augmentation", "value_range is empty", "the lower value first", repr((low, high)))
    return low, high
