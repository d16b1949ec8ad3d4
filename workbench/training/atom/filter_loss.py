"""The discriminative filter loss: features are good when a filter of one frame finds the target in another.

A filter is learned from the reference frame as the tracker would learn it, in a few steps that can be
differentiated: it starts as the pooled target, and steepest descent on the ridge regression of a Gaussian
label follows. Applied to the other frame it must answer high on the target and not above zero elsewhere.
Filters of the other targets in the batch, whose pictures are all different, must not answer at all.

After Bhat, Danelljan, Van Gool, Timofte: Learning Discriminative Model Prediction for Tracking (DiMP), ICCV
2019, arXiv:1904.07220, sections 3.1 to 3.3. Departures: the label, the spatial weight and the step are not
learned, the step is the exact one, and the targets of the batch serve as each other's negatives.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from workbench.models.prroi_pool import prroi_pool


@dataclass(frozen=True)
class FilterLossOptions:
    """How a filter is learned and judged.

    Args:
        kernel: side of the filter in cells, odd.
        sigma: standard deviation of the label over the target's side.
        steps: of steepest descent.
        regularisation: weight of the squared filter.
        threshold: labels above this are the target's place, where the answer must equal the label.
        others: weight of the answers of other targets' filters.
    """

    kernel: int = 5
    sigma: float = 0.2
    steps: int = 5
    regularisation: float = 0.05
    threshold: float = 0.05
    others: float = 0.5


def filter_loss(
    reference: Tensor,
    test: Tensor,
    reference_boxes: Tensor,
    test_boxes: Tensor,
    *,
    stride: int,
    options: FilterLossOptions,
) -> Tensor:
    """How badly filters of the reference frames find their targets in the test frames.

    Args:
        reference, test: features (B, C, h, w).
        reference_boxes, test_boxes: (B, 4) x, y, w, h in pixels of the crops; the targets are in view.
        stride: pixels per cell.
        options: see ``FilterLossOptions``.

    Returns:
        A scalar: squared error a cell, cells on the target weighing as much as all others together.
    """
    cells = reference.shape[-2:]
    size = reference_boxes[:, 2:].prod(1).sqrt() / stride
    wanted = _label(reference_boxes, cells, stride, options.sigma * size)
    kernels = learn_filters(reference, reference_boxes, wanted, stride=stride, options=options)
    truth = _label(test_boxes, cells, stride, options.sigma * size)
    return _judge(_answers(test, kernels), truth, options)


def learn_filters(
    features: Tensor, boxes: Tensor, labels: Tensor, *, stride: int, options: FilterLossOptions
) -> Tensor:
    """Filters (B, C, k, k) that answer features (B, C, h, w) with the labels (B, h, w)."""
    k = options.kernel
    corners = torch.cat([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], dim=1)[:, None]
    start = prroi_pool(features, corners, size=k, scale=1 / stride)[:, 0]
    pictures = _Spectra(features, k)
    # The pooled target has the right look, not the right size: the best multiple of it comes first.
    answer = pictures.answer(start)
    scale = (answer * labels).sum((1, 2)) / (answer.square().sum((1, 2)) + 1e-6)
    kernels, error = start * _each(scale, 4), answer * _each(scale, 3) - labels
    for _ in range(options.steps):
        gradient = pictures.adjoint(error) + options.regularisation * kernels
        answer, length = pictures.answer(gradient), gradient.square().sum((1, 2, 3))
        step = length / (answer.square().sum((1, 2)) + options.regularisation * length + 1e-6)
        kernels, error = kernels - _each(step, 4) * gradient, error - _each(step, 3) * answer
    return kernels


class _Spectra:
    """Pictures (B, C, h, w) made ready for filters of side k, one each: eight times faster than windows."""

    def __init__(self, pictures: Tensor, k: int) -> None:
        self.k = k
        self.cells = pictures.shape[-2:]
        self.size = [-(-(n + k - 1) // 8) * 8 for n in self.cells]
        around = functional.pad(pictures, (k // 2,) * 4)
        self.spectra = torch.fft.rfft2(around, s=self.size)

    def answer(self, kernels: Tensor) -> Tensor:
        """Of filters (B, C, k, k) on their pictures, (B, h, w)."""
        product = self.spectra * torch.fft.rfft2(kernels, s=self.size).conj()
        answers: Tensor = torch.fft.irfft2(product.sum(1), s=self.size)
        return answers[:, : self.cells[0], : self.cells[1]]

    def adjoint(self, answers: Tensor) -> Tensor:
        """Of ``answer``: (B, h, w) to (B, C, k, k)."""
        product = self.spectra * torch.fft.rfft2(answers, s=self.size).conj()[:, None]
        kernels: Tensor = torch.fft.irfft2(product, s=self.size)
        return kernels[..., : self.k, : self.k]


def _each(values: Tensor, dimensions: int) -> Tensor:
    """One value a picture, (B,), made to multiply arrays of that many dimensions."""
    return values.view(-1, *[1] * (dimensions - 1))


def _answers(features: Tensor, kernels: Tensor) -> Tensor:
    """Every filter on every picture, (B pictures, B filters, h, w)."""
    return functional.conv2d(features, kernels, padding=kernels.shape[-1] // 2)


def _judge(answers: Tensor, truth: Tensor, options: FilterLossOptions) -> Tensor:
    own = answers.diagonal(dim1=0, dim2=1).permute(2, 0, 1)  # (B, h, w)
    place = truth > options.threshold
    on_target = ((own - truth).square() * place).sum() / place.sum().clamp(min=1)
    elsewhere = (own.clamp(min=0).square() * ~place).sum() / place.sum().clamp(min=1)
    loss = on_target + elsewhere
    if len(answers) > 1 and options.others > 0:
        foreign = answers.clamp(min=0).square().sum() - own.clamp(min=0).square().sum()
        loss = loss + options.others * foreign / (place.sum().clamp(min=1) * (len(answers) - 1))
    return loss


def _label(boxes: Tensor, cells: torch.Size, stride: int, sigma: Tensor) -> Tensor:
    """Gaussians (B, h, w) around the boxes' centres; as for pooling, cell i lies at pixel i * stride."""
    center = (boxes[:, :2] + boxes[:, 2:] / 2) / stride
    across = torch.arange(cells[1], device=boxes.device) - center[:, :1]
    down = torch.arange(cells[0], device=boxes.device) - center[:, 1:]
    spread = (-0.5 / sigma.square())[:, None]
    return torch.exp(spread * down.square())[:, :, None] * torch.exp(spread * across.square())[:, None]
