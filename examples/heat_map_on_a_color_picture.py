"""Where in a photograph does VGG16 see what it names? Two heat maps over a color picture. (about 10 seconds)

    python examples/heat_map_on_a_color_picture.py --weights vgg16_weights.h5 --picture dog.jpg --out maps

Occlusion hides a part of the picture after another: one run of the network for each. Grad-CAM asks the maps of the
last convolution: one run forward and one back. Both work for any network; VGG16 is the one that everybody draws.

Nothing is downloaded. Without --weights the network has random ones: its heat maps then mean nothing, and the
picture is made small (--size 48) for you not to wait. At 224x224 it may be a minute. Without --picture it is the
photograph that comes with Matplotlib, of Grace Hopper, who wrote the first compiler. Without --out nothing is written.
"""

import argparse
from pathlib import Path

import numpy as np
from matplotlib.cbook import get_sample_data
from PIL import Image

import minicnn
from minicnn.applications.imagenet_utils import MEAN_BGR
from minicnn.applications.vgg16 import VGG16
from minicnn.layers import Conv2D
from minicnn.models import Input, Model
from minicnn.visualize import class_activation_maps, grad_cam, occlusion, occlusion_maps


def main() -> None:
    options = arguments()
    size = options.size or (224 if options.weights else 48)
    picture = square(options.picture or get_sample_data("grace_hopper.jpg", asfileobj=False), size)
    print(f"The picture, cut to a square: {size}x{size} pixels, 3 channels")

    minicnn.set_random_seed(0)
    model = prepared(VGG16(weights=options.weights, input_shape=(size, size, 3)))
    x = picture.astype("float32")
    scores = model.predict(x[None], verbose=0)[0]
    target = int(scores.argmax()) if options.target is None else options.target
    print(f"VGG16 with {options.weights or 'random weights'}: class {scores.argmax()} of {len(scores):,}, "
          f"probability {scores.max():.3f}\n")

    if options.out is not None:
        draw(model, x, target, Path(options.out))
        return
    by_occlusion(model, x, target, size)
    by_grad_cam(model, x, target)
    print("\nAdd --out FOLDER to have both drawn over the picture instead.")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Heat maps of VGG16 over a color picture.")
    parser.add_argument("--weights", metavar="FILE", help="of Keras's VGG16 (.h5, .keras) (default: random ones)")
    parser.add_argument("--picture", metavar="FILE", help="any PNG or JPEG (default: one of Matplotlib's)")
    parser.add_argument("--size", type=int, help="pixels of a side, 32 or more; the top of Keras's file needs 224")
    parser.add_argument("--target", type=int, help="a class from 0 to 999 (default: the one that is answered)")
    parser.add_argument("--out", metavar="FOLDER", help="draw the maps into this folder")
    return parser.parse_args()


def square(file: str, size: int):
    """The middle of a picture as bytes (size, size, 3)."""
    with Image.open(file) as image:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        middle = image.convert("RGB").crop((left, top, left + side, top + side))
        return np.asarray(middle.resize((size, size), Image.Resampling.BILINEAR))


def prepared(vgg: Model) -> Model:
    """VGG16 for pictures as they are. Its own input is blue, green, red, each minus its mean over ImageNet
    (`minicnn.applications.vgg16.preprocess_input`): that is a convolution of 1x1, and so it can be a layer.
    """
    prepare = Conv2D(3, 1, name="prepare")
    x = Input(vgg.input.sample_shape, name="picture")
    model = Model(x, vgg(prepare(x)), name="vgg16_prepared")
    prepare.set_weights([np.eye(3)[::-1].reshape(1, 1, 3, 3), [-mean for mean in MEAN_BGR]])
    return model


def window(size: int):
    """The occluder: a quarter of the picture wide, in ImageNet's mean color; its cell a sixth, so there are 6*6 places.
    """
    return {"patch": size // 4, "stride": -(-size // 6), "value": MEAN_BGR[::-1]}


def by_occlusion(model, x, target, size) -> None:
    result = occlusion(model, x, target, **window(size))
    height, width = result.patch
    print(f"Occlusion: a gray square of {height}x{width} at 6*6 places. How far the score of class {target}\nfalls, "
          "from 0 (not at all, or it rises) to 9 (most):\n")
    rows, columns = result.stride
    digits(result.drop[0, ::rows, ::columns])


def by_grad_cam(model, x, target) -> None:
    found = grad_cam(model, x, target)
    height, width = found.maps.shape[1:]
    print(f"\nGrad-CAM: the {height}x{width} places of {found.layer}, from 0 (nothing of the class) to 9 (most):\n")
    digits(found.maps[0])


def digits(heat) -> None:
    heat = np.maximum(heat, 0)
    for row in heat / (heat.max() or 1):
        print("  " + " ".join(str(int(value * 9.999)) for value in row))


def draw(model, x, target, folder: Path) -> None:
    print("Drawing: the network runs 36 times, and once back ...", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    occlusion_maps(model, x, target, **window(len(x)), save=folder / "occlusion.png")
    class_activation_maps(model, x, target, rules=["vanilla"], save=folder / "grad_cam.png")
    print(f"{folder}/occlusion.png\n{folder}/grad_cam.png")


if __name__ == "__main__":
    main()
