"""Weights of a certain kind, computed of what is learnt: with a norm of their own, with spectral norm 1, orthogonal."""

from __future__ import annotations

from typing import Any

from xnn.arguments import whole
from xnn.array_object import Array
from xnn.autograd import no_grad
from xnn.autograd.graph import frontend
from xnn.errors import OptionError, ShapeError
from xnn.ops.linear_algebra import matmul, vecdot
from xnn.ops.manipulation import permute_dims, reshape
from xnn.random import normal

from . import functional as F
from .conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from .module import Module
from .orthogonal import orthogonal
from .parametrize import (
    M,
    ParametrizationList,
    cached,
    is_parametrized,
    parameter_of,
    register_parametrization,
    remove_parametrizations,
)

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "orthogonal",
    "register_parametrization",
    "remove_parametrizations",
    "spectral_norm",
    "weight_norm",
]


class _WeightNorm(Module):
    def __init__(self, axes: tuple[int, ...] | None) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, magnitude: Any, direction: Any) -> Any:
        return direction * (magnitude / self._norm(direction))

    def right_inverse(self, weight: Any) -> tuple[Any, Any]:
        """The norms, and the weight itself for a direction."""
        return self._norm(weight), weight

    def _norm(self, weight: Any) -> Any:
        return frontend.xp.linalg.vector_norm(weight, axis=self.axes, keepdims=self.axes is not None)


def weight_norm(module: M, name: str = "weight", dim: int | None = 0) -> M:
    """Learn norm and direction of a weight apart: weight = g v / norm(v), for each output by itself.

    Salimans & Kingma, Weight normalization, 2016.

    Args:
        module: a layer.
        name: of its parameter.
        dim: along which each slice has a norm of its own; None: the weight has a single one.

    Returns:
        the layer, with the parameters `parametrizations.weight.original0`, g of shape (out, 1, ...) (or () for None),
        and `original1`, v of the weight's shape, in the place of `weight`, which is computed at each access.

    Raises:
        TypeError: for what is no module.
        OptionError: if it has no such parameter, or `dim` is no dimension of it (from 0: PyTorch takes -1 for None).

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.parametrizations.weight_norm(xp.nn.Linear(3, 2, device="cpu"))
        >>> [(name, x.shape) for name, x in layer.named_parameters()][1:]
        [('parametrizations.weight.original0', (2, 1)), ('parametrizations.weight.original1', (2, 3))]
    """
    ndim = parameter_of(module, name).ndim
    if is_parametrized(module, name):
        raise OptionError(f"weight_norm comes before other parametrizations of {name!r}, which it gives two parameters")
    if dim is not None and dim not in range(ndim):
        raise OptionError(f"weight_norm: dim is None, or from 0 to {ndim - 1} for {name!r}; got {dim}")
    axes = None if dim is None else tuple(i for i in range(ndim) if i != dim)
    return register_parametrization(module, name, _WeightNorm(axes))


class _SpectralNorm(Module):
    _u: Any
    _v: Any

    def __init__(self, weight: Array, n_power_iterations: int, eps: float, dim: int) -> None:
        super().__init__()
        self.n_power_iterations, self.eps, self.dim = n_power_iterations, eps, dim
        if weight.ndim > 1:
            with no_grad():
                matrix = self._matrix(weight.detach())
                for key, size in zip(("_u", "_v"), matrix.shape, strict=True):
                    drawn = normal((size,), dtype=weight.dtype, device=weight.device)
                    self.register_buffer(key, F.normalize(drawn, dim=0, eps=eps))
                self._iterate(matrix, 15)

    def _matrix(self, weight: Any) -> Any:
        """The dimension of the outputs first, all others in the second one."""
        order = (self.dim, *(i for i in range(weight.ndim) if i != self.dim))
        ordered = permute_dims(weight, order) if self.dim else weight
        return reshape(ordered, (ordered.shape[0], -1))

    def _iterate(self, matrix: Any, count: int) -> None:
        """Move u and v towards the singular vectors of the largest singular value."""
        for _ in range(count):
            self._u = F.normalize(matmul(matrix, self._v), dim=0, eps=self.eps)
            self._v = F.normalize(matmul(self._u, matrix), dim=0, eps=self.eps)

    def forward(self, weight: Any) -> Any:
        if weight.ndim == 1:
            return F.normalize(weight, dim=0, eps=self.eps)
        matrix = self._matrix(weight)
        if self.training:
            with no_grad():
                self._iterate(matrix, self.n_power_iterations)
        return weight / vecdot(self._u, matmul(matrix, self._v))

    def right_inverse(self, value: Any) -> Any:
        """The value itself, as PyTorch's."""
        return value


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Divide a weight by its largest singular value, as a matrix with a row for each output.

    The value is u^T W v, with vectors that power iterations move towards the singular ones at each access in
    training; derivatives take them for constants. Miyato et al., Spectral normalization for GANs, 2018.

    Args:
        module: a layer.
        name: of its parameter.
        n_power_iterations: how many there are at each access.
        eps: the least length that vectors are divided by.
        dim: the dimension of the outputs; None: 1 for transposed convolutions, 0 for others.

    Returns:
        the layer, with the parameter `parametrizations.weight.original`, of the weight's shape, and the buffers
        `parametrizations.weight.0._u` and `_v`; `weight` is computed at each access.

    Raises:
        TypeError: for what is no module.
        OptionError: if it has no such parameter; for no iterations, or a dimension that the parameter lacks.
        ShapeError: for a weight of shape ().
    """
    weight = parameter_of(module, name)
    if weight.ndim == 0:
        raise ShapeError(f"spectral_norm is of parameters with dimensions; {name!r} has shape ()")
    count = whole("spectral_norm: n_power_iterations", n_power_iterations, 1)
    if dim is None:
        dim = int(isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)))
    if dim not in range(-weight.ndim, weight.ndim):
        raise OptionError(f"spectral_norm: dim is a dimension of {name!r}, of shape {weight.shape}; got {dim}")
    return register_parametrization(module, name, _SpectralNorm(weight, count, eps, int(dim) % weight.ndim))


def __dir__() -> list[str]:
    return __all__
