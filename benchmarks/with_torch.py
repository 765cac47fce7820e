"""The work done by PyTorch, eagerly; option: "channels_last" for that memory layout."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks import networks, torch_networks
from benchmarks.works import (
    FORWARD,
    TO_INPUT,
    TO_KERNEL,
    WHOLE,
    Conv,
    Dense,
    Epoch,
    Forward,
    Layer,
    Patterns,
    Pool,
    Step,
    Work,
    arrays,
)


def timed(work: Work, option: str = "") -> Callable[[], Any]:
    form = layout(option)
    match work:
        case Step():
            return step(twin(work.network, form, True), work, form)
        case Forward():
            return forward(work, form)
        case Epoch():
            return epoch(work, form)
        case Patterns():
            return pattern_by_pattern(work.count, form)
    return layer(work, form)


def answer(work: Work, option: str = "") -> list[np.ndarray]:
    form = layout(option)
    match work:
        case Step() | Epoch():
            module = twin(work.network, form, True, dropout=False)
            run = step(module, Step(work.network, work.batch), form)
            return [np.array([run() for _ in range(3)])]
        case Forward():
            return [forward(work, form)().numpy()]
        case Patterns():
            return [np.array(pattern_by_pattern(20, form)())]
    results = layer(work, form)()
    if isinstance(work, Dense):
        return [result.numpy().T if work.way == TO_KERNEL else result.numpy() for result in results]
    ways = [FORWARD, TO_INPUT, TO_KERNEL] if work.way == WHOLE else [work.way]
    return [result.permute((2, 3, 1, 0) if way == TO_KERNEL else (0, 2, 3, 1)).numpy()
            for result, way in zip(results, ways, strict=True)]


def layout(option: str) -> torch.memory_format:
    return torch.channels_last if option == "channels_last" else torch.contiguous_format


def twin(name: str, form: torch.memory_format, training: bool, dropout: bool = True) -> nn.Module:
    """PyTorch's version of a network, in a memory layout."""
    return torch_networks.twin(networks.network(name, dropout), name).to(memory_format=form).train(training)


def images(array: np.ndarray, form: torch.memory_format) -> torch.Tensor:
    """(N, H, W, C) as (N, C, H, W), in a memory layout."""
    return torch.from_numpy(array).permute(0, 3, 1, 2).contiguous(memory_format=form)


def stepper(module: nn.Module, name: str) -> Callable[[torch.Tensor, torch.Tensor], tuple[Any, Any]]:
    """A training step; returns outputs and loss."""
    loss_of, optimizer = torch_networks.loss_of(name), torch.optim.SGD(module.parameters(), networks.RATE)

    def run(x: torch.Tensor, y: torch.Tensor) -> tuple[Any, Any]:
        optimizer.zero_grad()
        outputs = module(x)
        loss = loss_of(outputs, y)
        loss.backward()
        optimizer.step()
        return outputs, loss

    return run


def step(module: nn.Module, work: Step, form: torch.memory_format) -> Callable[[], float]:
    x, y = networks.batch(work.network, work.batch)
    x, y, run = images(x, form), torch.from_numpy(y), stepper(module, work.network)
    return lambda: run(x, y)[1].item()


def forward(work: Forward, form: torch.memory_format) -> Callable[[], torch.Tensor]:
    module, (x, _) = twin(work.network, form, False), networks.batch(work.network, work.batch)
    x, logits = images(x, form), work.network in ("VGG16", "ResNet50")

    @torch.inference_mode()
    def run() -> torch.Tensor:
        outputs = module(x)
        return outputs if logits else outputs.softmax(1)

    return run


def epoch(work: Epoch, form: torch.memory_format) -> Callable[[], Any]:
    """Batches are picked from one large tensor: PyTorch's loader of data, image by image, would take far longer."""
    module = twin(work.network, form, True)
    run = stepper(module, work.network)
    pixels, numbers = networks.bytes_of_digits(work.digits)

    def whole() -> tuple[float, float]:
        x = torch.from_numpy(pixels)[:, None].float().div_(255).contiguous(memory_format=form)
        y = torch.from_numpy(numbers).long()
        order, total, right = torch.randperm(len(x)), torch.zeros(()), torch.zeros((), dtype=torch.long)
        for rows in order.split(work.batch):
            outputs, loss = run(x[rows], y[rows])
            total += loss.detach() * len(rows)
            right += (outputs.detach().argmax(1) == y[rows]).sum()
        return total.item() / len(x), right.item() / len(x)

    return whole


def pattern_by_pattern(count: int, form: torch.memory_format) -> Callable[[], Any]:
    """The losses of so many patterns, and a step after each."""
    run, (x, y) = stepper(twin("LeNet5", form, True), "LeNet5"), networks.batch("LeNet5", count)
    x, y = images(x, form), torch.from_numpy(y)
    return lambda: [run(x[n:n + 1], y[n:n + 1])[1].item() for n in range(count)]


def layer(work: Layer, form: torch.memory_format) -> Callable[[], Any]:
    """One kernel, or those of a convolution, without autograd around it."""
    if isinstance(work, Dense):
        x, kernel, bias, dy = (torch.from_numpy(array) for array in arrays(work))
        kernel = kernel.T.contiguous()
        calls: dict[str, Callable[[], Any]] = {
            FORWARD: lambda: [nn.functional.linear(x, kernel, bias)], TO_INPUT: lambda: [dy @ kernel],
            TO_KERNEL: lambda: [dy.T @ x]}
    else:
        calls = conv(work, form) if isinstance(work, Conv) else pool(work, form)
    return torch.inference_mode()(calls[work.way])


def conv(work: Conv, form: torch.memory_format) -> dict[str, Callable[[], Any]]:
    x, kernel, bias, dy = arrays(work)
    x, dy, bias = images(x, form), images(dy, form), torch.from_numpy(bias)
    kernel = torch.from_numpy(kernel).permute(3, 2, 0, 1).contiguous(memory_format=form)
    stride, padding = 2 * [work.stride], 2 * [work.padding]

    def forward() -> list[torch.Tensor]:
        return [nn.functional.conv2d(x, kernel, bias, stride, padding)]

    def back(*wanted: bool) -> list[torch.Tensor]:
        both = torch.ops.aten.convolution_backward(dy, x, kernel, [0], stride, padding, [1, 1], False, [0, 0], 1,
                                                   [*wanted, False])
        return [gradient for gradient in both if gradient is not None]

    return {FORWARD: forward, TO_INPUT: lambda: back(True, False), TO_KERNEL: lambda: back(False, True),
            WHOLE: lambda: forward() + back(True, True)}


def pool(work: Pool, form: torch.memory_format) -> dict[str, Callable[[], Any]]:
    x, dy = (images(array, form) for array in arrays(work))
    if not work.maximum:
        return {FORWARD: lambda: [nn.functional.avg_pool2d(x, 2)],
                TO_INPUT: lambda: [torch.ops.aten.avg_pool2d_backward(dy, x, [2, 2], [2, 2], [0, 0], False, True,
                                                                      None)]}
    _, winner = nn.functional.max_pool2d(x, 2, return_indices=True)
    return {FORWARD: lambda: [nn.functional.max_pool2d(x, 2, return_indices=True)[0]],
            TO_INPUT: lambda: [torch.ops.aten.max_pool2d_with_indices_backward(
                dy, x, [2, 2], [2, 2], [0, 0], [1, 1], False, winner)]}
