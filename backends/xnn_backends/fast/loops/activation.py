"""Smooth activations: one pass forward, one back."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from xnn_backends.numpy_kernels.activation import CUBE, DENSITY, RATE, TAIL

from .exponentials import INSIDE, by_type, exp, loop, sigmoid


@by_type
def _normal(dtype: Any, whole: Any) -> Any:
    """The normal distribution function; see numpy_kernels.activation."""
    first, *others = map(dtype, TAIL[np.dtype(dtype).char])
    rest, one, quarter, half, zero = tuple(others), *map(dtype, (1, 0.25, -0.5, 0))

    @numba.njit(**INSIDE)  # type: ignore[untyped-decorator]
    def function(x: Any) -> Any:
        t = one / (one + abs(x) * quarter)
        p = first
        for coefficient in numba.literal_unroll(rest):
            p = p * t + coefficient
        p = p * t * exp(half * x * x)
        return one - p if x > zero else p

    return function


@by_type
def _density(dtype: Any, whole: Any) -> Any:
    scale, half = dtype(DENSITY), dtype(-0.5)

    @numba.njit(**INSIDE)  # type: ignore[untyped-decorator]
    def function(x: Any) -> Any:
        return x * exp(half * x * x) * scale

    return function


@by_type
def _bent(dtype: Any, whole: Any) -> Any:
    """The argument of the sigmoid in gelu_tanh."""
    rate, cube, one = dtype(RATE), dtype(CUBE), dtype(1)

    @numba.njit(**INSIDE)  # type: ignore[untyped-decorator]
    def function(x: Any) -> Any:
        return rate * x * (one + cube * x * x)

    return function


@by_type
def _slope_of_gelu_tanh(dtype: Any, whole: Any) -> Any:
    rate, cube = dtype(RATE), dtype(3 * CUBE)

    @numba.njit(**INSIDE)  # type: ignore[untyped-decorator]
    def function(x: Any) -> Any:
        s = sigmoid(_bent(x))
        slope = (s - s * s) * x * rate
        return s + slope + cube * slope * x * x

    return function


@loop
def sigmoids(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = sigmoid(x[i])


@loop
def slope_of_sigmoids(y: Any, g: Any, dx: Any) -> None:
    for i in range(y.size):
        dx[i] = g[i] * (y[i] - y[i] * y[i])


@loop
def silu(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = x[i] * sigmoid(x[i])


@loop
def slope_of_silu(x: Any, g: Any, dx: Any) -> None:
    for i in range(x.size):
        s = sigmoid(x[i])
        dx[i] = g[i] * (s + x[i] * (s - s * s))


@loop
def gelu(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = x[i] * _normal(x[i])


@loop
def slope_of_gelu(x: Any, g: Any, dx: Any) -> None:
    for i in range(x.size):
        dx[i] = g[i] * (_normal(x[i]) + _density(x[i]))


@loop
def gelu_tanh(x: Any, out: Any) -> None:
    for i in range(x.size):
        out[i] = x[i] * sigmoid(_bent(x[i]))


@loop
def slope_of_gelu_tanh(x: Any, g: Any, dx: Any) -> None:
    for i in range(x.size):
        dx[i] = g[i] * _slope_of_gelu_tanh(x[i])
