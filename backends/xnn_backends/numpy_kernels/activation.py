"""Smooth activations: the forward pass keeps the slope."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray, Kernel

from .blocks import each, single

RATE, CUBE = 2 * math.sqrt(2 / math.pi), 0.044715
DENSITY = 1 / math.sqrt(2 * math.pi)
# The normal distribution function at -x is exp(-x**2 / 2) t P(t) with t = 1 / (1 + x / 4). P was interpolated in 40
# digits at Chebyshev's nodes: to a relative 1e-15, or 4e-8, up to where exp is 0. The constant term comes last.
TAIL = {
    "d": (
        -0.0010607734396865405, 0.011686802826710944, -0.05777960642204382, 0.1664815065140834, -0.30000695142363853,
        0.3229981574095217, -0.12961730107562397, -0.18417271117349188, 0.39458103443755993, -0.40536689500155765,
        0.29451497398076953, -0.15748303436067942, 0.06053303249901321, -0.028247224629761827, 0.002604022064682251,
        0.006009144340935645, 0.023591184640982383, 0.043220597290811985, 0.06350580567761346, 0.08103499132321547,
        0.09350210453617906, 0.09973556988113229, 0.09973557010327241,
    ),
    "f": (
        0.016339993214508595, -0.061774405669740864, 0.05000019801667276, 0.029541837044680115, 0.012803851575444522,
        0.08600698532951304, 0.07245256101627699, 0.09536508767197138, 0.09951766851345112, 0.09974622607472994,
    ),
}  # fmt: skip


def in_type(out: HostArray, like: HostArray) -> HostArray:
    """In the data type of what came."""
    return out.astype(like.dtype, copy=False)


def sigmoid(out: HostArray, x: HostArray) -> None:
    """1 / (1 + exp(-x)), which is 0 where exp overflows."""
    np.negative(x, out=out)
    np.exp(out, out=out)
    out += 1
    np.reciprocal(out, out=out)


def _slope_of_sigmoid(dx: HostArray, s: HostArray, g: HostArray) -> None:
    np.subtract(1, s, out=dx)
    dx *= s
    dx *= g


def _sigmoid(xp: Any, x: HostArray) -> tuple[HostArray, HostArray]:
    with np.errstate(over="ignore"):
        out = in_type(each(sigmoid, single(x), scratch=0), x)
    return out, out


def _sigmoid_vjp(xp: Any, out: HostArray, g: HostArray, needs: Sequence[bool], x: Any) -> list[Any]:
    return [each(_slope_of_sigmoid, out, g, scratch=0)]


def silu(out: HostArray, x: HostArray, s: HostArray, slope: HostArray | None = None) -> None:
    """x s(x) with s the sigmoid; the slope is s (1 + x (1 - s))."""
    sigmoid(s, x)
    if slope is not None:
        np.subtract(1, s, out=slope)
        slope *= x
        slope += 1
        slope *= s
    np.multiply(x, s, out=out)


def gelu(out: HostArray, x: HostArray, e: HostArray, t: HostArray, slope: HostArray | None = None) -> None:
    """x P(x) with P the normal distribution function; the slope is P + x P'."""
    np.multiply(x, x, out=e)
    e *= -0.5
    np.exp(e, out=e)
    np.abs(x, out=t)
    t *= 0.25
    t += 1
    np.reciprocal(t, out=t)
    first, *rest = TAIL[x.dtype.char]
    out[...] = first
    for coefficient in rest:
        out *= t
        out += coefficient
    out *= t
    out *= e  # the smaller of P(x) and P(-x)
    np.subtract(x > 0, out, out=out)
    np.abs(out, out=out)
    if slope is not None:
        np.multiply(x, e, out=slope)
        slope *= DENSITY
        slope += out
    out *= x


def gelu_tanh(out: HostArray, x: HostArray, s: HostArray, t: HostArray, slope: HostArray | None = None) -> None:
    """x s(a (x + b x**3)); the slope is s + s (1 - s) a (x + 3 b x**3)."""
    np.multiply(x, x, out=t)
    t *= CUBE * RATE
    t += RATE
    t *= x
    sigmoid(s, t)
    if slope is not None:
        # What is 0 far away comes first, and x after x, lest infinity meets 0.
        np.subtract(1, s, out=slope)
        slope *= s
        slope *= x
        np.multiply(slope, x, out=t)
        t *= x
        t *= 3 * CUBE * RATE
        slope *= RATE
        slope += t
        slope += s
    np.multiply(x, s, out=out)


def smooth(work: Callable[..., None], scratch: int) -> Kernel:
    """A kernel of `work(out, x, *scratch, slope)`, which keeps the slope where somebody will differentiate."""

    def infer(xp: Any, x: HostArray) -> HostArray:
        with np.errstate(over="ignore", invalid="ignore"):
            return in_type(each(work, single(x), scratch=scratch), x)

    def forward(xp: Any, x: HostArray) -> tuple[HostArray, HostArray]:
        wide = single(x)
        slope = np.empty(wide.shape, wide.dtype)

        def both(out: HostArray, x: HostArray, slope: HostArray, *spare: HostArray) -> None:
            work(out, x, *spare, slope)

        with np.errstate(over="ignore", invalid="ignore"):
            out = in_type(each(both, wide, slope, scratch=scratch), x)
        return out, slope

    def vjp(xp: Any, slope: HostArray, g: HostArray, needs: Sequence[bool], x: Any) -> list[Any]:
        return [in_type(np.multiply(g, slope), g)]

    return Kernel(forward, vjp, infer)


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives.

    Forward and backward of 2**20 float32 numbers, milliseconds: sigmoid 1.7 (the definition: 5.7), silu
    2.3 (11.6), gelu 4.5 (30.8), gelu_tanh 3.4 (14.1). Not of softmax: blocks of rows are no faster than its definition.
    """
    return {
        "sigmoid": Kernel(_sigmoid, _sigmoid_vjp),
        "silu": smooth(silu, 1),
        "gelu": smooth(gelu, 2),
        "gelu_tanh": smooth(gelu_tanh, 2),
    }
