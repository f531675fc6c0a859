"""Normalisations: one launch forwards; backwards one, and one more for the gradients of weight and bias."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .sources import LAYOUT, Layout, Source, agreeing, layout_of, straight, struct

# A group of numbers is read three times in one launch, and is in a cache from the second time on where it fits. The
# definition of layer_norm takes 9 launches forwards, and 13 backwards.
SOURCE = Source(
    LAYOUT
    + r"""
// Which weight belongs to a number of a group.
struct Affine { Int repeats, per, length; };
__device__ inline Int channel_of(const Affine& a, Int group, Int number) {
    return rest(group, a.repeats) * a.per + over(number, a.length);
}
extern "C" __global__ void __launch_bounds__(1024) normalize(
    const REAL* x, const REAL* weight, const REAL* bias, REAL* y, WIDE* means, WIDE* vars, Layout layout, Affine affine,
    double eps, Int groups, Int count, Int lanes, Int apart
) {
    __shared__ WIDE shared[1024];
    Team t = team(lanes, apart);
    Int start = start_of(layout, t.group), end = t.group < groups ? count : 0;
    WIDE mean = 0, var = 0, share = (WIDE)1 / (count ? count : 1);
    if (means) {
        for (Int j = t.lane; j < end; j += lanes) mean += (WIDE)x[start + offset_of(layout, j)];
        mean = together(mean, Sum(), t, shared) * share;
    }
    for (Int j = t.lane; j < end; j += lanes) {
        WIDE centred = (WIDE)x[start + offset_of(layout, j)] - mean;
        var += centred * centred;
    }
    var = together(var, Sum(), t, shared) * share;
    if (t.group < groups && t.lane == 0) {
        if (means) means[t.group] = mean;
        vars[t.group] = var;
    }
    WIDE deviation = sqrt(var + (WIDE)eps);
    for (Int j = t.lane; j < end; j += lanes) {
        Int at = start + offset_of(layout, j), channel = channel_of(affine, t.group, j);
        WIDE value = ((WIDE)x[at] - mean) / deviation;
        if (weight) value *= (WIDE)weight[channel];
        if (bias) value += (WIDE)bias[channel];
        y[at] = value;
    }
}
// x is normalised already where `is_hat`; without means, groups are divided alone.
extern "C" __global__ void __launch_bounds__(1024) normalize_back(
    const REAL* x, const REAL* weight, const WIDE* means, const WIDE* vars, const REAL* of_hat, const REAL* of_mean,
    const REAL* of_var, REAL* dx, Layout layout, Affine affine, double eps, Int is_hat, Int is_centred, Int groups,
    Int count, Int lanes, Int apart
) {
    __shared__ WIDE shared[1024];
    Team t = team(lanes, apart);
    bool live = t.group < groups;
    Int start = start_of(layout, t.group), end = live ? count : 0;
    WIDE mean = live && means ? means[t.group] : (WIDE)0, share = (WIDE)1 / (count ? count : 1), along = 0, slope = 0;
    WIDE deviation = live ? sqrt(vars[t.group] + (WIDE)eps) : (WIDE)1, scale = is_hat ? (WIDE)1 : deviation;
    if (of_hat) {
        for (Int j = t.lane; j < end; j += lanes) {
            Int at = start + offset_of(layout, j);
            WIDE g = of_hat[at];
            if (weight) g *= (WIDE)weight[channel_of(affine, t.group, j)];
            along += g;
            slope += g * (((WIDE)x[at] - mean) / scale);
        }
        along = is_centred ? together(along, Sum(), t, shared) * share : (WIDE)0;
        slope = together(slope, Sum(), t, shared) * share;
    }
    WIDE to_mean = live && of_mean ? of_mean[t.group] * share : (WIDE)0;
    WIDE to_var = live && of_var ? of_var[t.group] * 2 * share * deviation : (WIDE)0;
    for (Int j = t.lane; j < end; j += lanes) {
        Int at = start + offset_of(layout, j);
        WIDE g = 0, hat = ((WIDE)x[at] - mean) / scale;
        if (of_hat) {
            g = of_hat[at];
            if (weight) g *= (WIDE)weight[channel_of(affine, t.group, j)];
            g = (g - along - hat * slope) / deviation;
        }
        if (of_mean) g += to_mean;
        if (of_var) g += hat * to_var;
        dx[at] = g;
    }
}
// For each channel the sum of g, and of g times what was normalised; `row` numbers have one of `rows` means
// and variances.
extern "C" __global__ void __launch_bounds__(1024) normalize_sums(
    const REAL* x, const REAL* g, const WIDE* means, const WIDE* vars, REAL* of_weight, REAL* of_bias, Layout layout,
    double eps, Int row, Int rows, Int groups, Int count, Int lanes, Int apart
) {
    __shared__ WIDE shared[1024];
    Team t = team(lanes, apart);
    Int start = start_of(layout, t.group), end = t.group < groups ? count : 0;
    WIDE weighted = 0, total = 0;
    for (Int j = t.lane; j < end; j += lanes) {
        Int at = start + offset_of(layout, j);
        WIDE value = x[at], slope = g[at];
        if (means) value -= means[rest(over(at, row), rows)];
        if (vars) value /= sqrt(vars[rest(over(at, row), rows)] + (WIDE)eps);
        weighted += slope * value;
        total += slope;
    }
    weighted = together(weighted, Sum(), t, shared);
    total = together(total, Sum(), t, shared);
    if (t.group >= groups || t.lane) return;
    if (of_weight) of_weight[t.group] = weighted;
    if (of_bias) of_bias[t.group] = total;
}
// (x - mean) / sqrt(var + eps) * weight + bias, of channels; any of the four may be missing.
extern "C" __global__ void channels(
    const REAL* x, const REAL* mean, const REAL* var, const REAL* weight, const REAL* bias, REAL* y, double eps,
    Int count, Int length, Int n
) {
    Int i = here();
    if (i >= n) return;
    Int c = rest(over(i, length), count);
    WIDE value = x[i], scale = 1;
    if (mean) value -= (WIDE)mean[c];
    if (var) scale /= sqrt((WIDE)var[c] + (WIDE)eps);
    if (weight) scale *= (WIDE)weight[c];
    value *= scale;
    y[i] = bias ? value + (WIDE)bias[c] : value;
}
"""
)

STRAIGHT = struct([1, 0, 1])
Raws = Sequence[Any]


def optional(*arrays: Any) -> list[Any]:
    return [None if x is None else straight(x) for x in arrays]


def normalized(x: Any, weight: Any, bias: Any, layout: Layout, affine: Any, eps: float, is_centred: bool) -> Any:
    """Output, means (None: not taken off), variances."""
    wide = cupy.promote_types(x.dtype, cupy.float32)
    x, (weight, bias) = straight(x), optional(weight, bias)
    y, var = cupy.empty(x.shape, x.dtype), cupy.empty(layout.groups, wide)
    mean = cupy.empty(layout.groups, wide) if is_centred else None
    arguments = (x, weight, bias, y, mean, var, layout.struct, affine, float(eps))
    SOURCE.teams("normalize", x.dtype, layout.groups, layout.numbers, layout.apart, *arguments)
    return y, mean, var


def normalized_back(
    x: Any, weight: Any, mean: Any, var: Any, gs: Raws, layout: Layout, affine: Any, eps: float, is_hat: bool,
    is_centred: bool,
) -> Any:  # fmt: skip
    dx = cupy.empty(x.shape, x.dtype)
    arguments = (straight(x), *optional(weight), mean, var, *optional(*gs), dx, layout.struct, affine, float(eps))
    teams = (layout.groups, layout.numbers, layout.apart)
    SOURCE.teams("normalize_back", x.dtype, *teams, *arguments, int(is_hat), int(is_centred))
    return dx


def sums(
    x: Any, g: Any, mean: Any, var: Any, needs: Sequence[bool], shape: Sequence[int], eps: float, row: int
) -> list[Any]:
    """The gradients of weight and bias, where they are needed; the shape is (., channels, .)."""
    n, channels, length = shape
    geometry = struct([max(channels, 1), 0, length, max(length, 1), channels * length, 1])
    layout = Layout(channels, n * length, length == 1, geometry)
    found = [cupy.empty(channels, x.dtype) if need else None for need in needs]
    if any(needs):
        rows = (max(row, 1), 1 if var is None else max(var.size, 1))
        arguments = (straight(x), straight(g), mean, var, *found, layout.struct, float(eps), *rows)
        SOURCE.teams("normalize_sums", x.dtype, layout.groups, layout.numbers, layout.apart, *arguments)
    return found


# ---- standardize ----


def _standardize(xp: Any, x: Any, *, axes: tuple[int, ...], eps: float) -> tuple[Any, Any]:
    axes = tuple(axis % x.ndim for axis in axes)
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    layout = layout_of(x.shape, axes)
    if layout is None:  # with the dimensions that are reduced last
        order = [*(a for a in range(x.ndim) if a not in axes), *axes]
        last = tuple(range(x.ndim - len(axes), x.ndim))
        (hat, mean, var), wide = _standardize(xp, x.transpose(order), axes=last, eps=eps)
        hat = straight(hat.transpose(sorted(range(x.ndim), key=order.__getitem__)))
        return (hat, mean.reshape(shape), var.reshape(shape)), (hat, wide[1])
    hat, mean, var = normalized(x, None, None, layout, STRAIGHT, eps, True)
    return (hat, *(s.astype(x.dtype, copy=False).reshape(shape) for s in (mean, var))), (hat, var)


def _standardize_vjp(
    xp: Any, residual: Any, g: Any, needs: Sequence[bool], x: Any, *, axes: tuple[int, ...], eps: float
) -> list[Any]:
    hat, var = residual
    axes = tuple(axis % hat.ndim for axis in axes)
    layout = layout_of(hat.shape, axes)
    if layout is None:
        order = [*(a for a in range(hat.ndim) if a not in axes), *axes]
        last = tuple(range(hat.ndim - len(axes), hat.ndim))
        there = [None if piece is None else piece.transpose(order) for piece in g]
        (dx,) = _standardize_vjp(xp, (hat.transpose(order), var), there, needs, None, axes=last, eps=eps)
        return [straight(dx.transpose(sorted(range(hat.ndim), key=order.__getitem__)))]
    return [normalized_back(hat, None, None, var, g, layout, STRAIGHT, eps, True, True)]


# ---- rows with weights ----


def _rows(x: Any, count: int) -> tuple[Layout, tuple[int, int, int]]:
    """The last `count` dimensions as groups; and the shape in which these are channels."""
    first = x.ndim - count
    groups, width = math.prod(x.shape[:first]), math.prod(x.shape[first:])
    return Layout(groups, width, False, struct([1, width, 0, max(width, 1), 0, 1])), (groups, width, 1)


def _layer_norm(xp: Any, x: Any, weight: Any = None, bias: Any = None, *, count: int, eps: float) -> tuple[Any, Any]:
    y, mean, var = normalized(x, weight, bias, _rows(x, count)[0], STRAIGHT, eps, True)
    return y, (mean, var)


def _layer_norm_vjp(
    xp: Any, residual: Any, g: Any, needs: Sequence[bool], x: Any, weight: Any = None, bias: Any = None, *,
    count: int, eps: float,
) -> list[Any]:  # fmt: skip
    layout, shape = _rows(x, count)
    return _affine_vjp(residual, g, needs, x, weight, bias, layout, STRAIGHT, shape, eps)


def _affine_vjp(
    residual: Any, g: Any, needs: Sequence[bool], x: Any, weight: Any, bias: Any, layout: Layout, affine: Any,
    shape: tuple[int, int, int], eps: float,
) -> list[Any]:  # fmt: skip
    mean, var = residual
    gs = (g, None, None)
    dx = normalized_back(x, weight, mean, var, gs, layout, affine, eps, False, mean is not None) if needs[0] else None
    found = sums(x, g, mean, var, needs[1:], shape, eps, layout.numbers)
    return [dx, *(d if d is None else d.reshape(like.shape) for d, like in zip(found, (weight, bias), strict=False))]


def _rms_norm(xp: Any, x: Any, weight: Any = None, *, count: int, eps: float) -> tuple[Any, Any]:
    y, _, var = normalized(x, weight, None, _rows(x, count)[0], STRAIGHT, eps, False)
    return y, var


def _rms_norm_vjp(
    xp: Any, var: Any, g: Any, needs: Sequence[bool], x: Any, weight: Any = None, *, count: int, eps: float
) -> list[Any]:
    layout, shape = _rows(x, count)
    return _affine_vjp((None, var), g, [*needs, False], x, weight, None, layout, STRAIGHT, shape, eps)[:2]


def _groups(x: Any, groups: int) -> tuple[Layout, Any, tuple[int, int, int]]:
    n, c, length = channel_shape(x)
    width = c // groups * length
    layout = Layout(n * groups, width, False, struct([1, width, 0, max(width, 1), 0, 1]))
    return layout, struct([groups, c // groups, max(length, 1)]), (n, c, length)


def _group_norm(xp: Any, x: Any, weight: Any = None, bias: Any = None, *, groups: int, eps: float) -> tuple[Any, Any]:
    layout, affine, _ = _groups(x, groups)
    y, mean, var = normalized(x, weight, bias, layout, affine, eps, True)
    return y, (mean, var)


def _group_norm_vjp(
    xp: Any, residual: Any, g: Any, needs: Sequence[bool], x: Any, weight: Any = None, bias: Any = None, *,
    groups: int, eps: float,
) -> list[Any]:  # fmt: skip
    layout, affine, shape = _groups(x, groups)
    return _affine_vjp(residual, g, needs, x, weight, bias, layout, affine, shape, eps)


# ---- channels whose statistics are known ----


def scaled_channels(x: Any, mean: Any, var: Any, weight: Any, bias: Any, eps: float) -> Any:
    x = straight(x)
    y = cupy.empty(x.shape, x.dtype)
    rest = (*optional(mean, var, weight, bias), y, float(eps), x.shape[1], math.prod(x.shape[2:]))
    SOURCE.each("channels", x.dtype, x.size, x, *rest)
    return y


def channel_shape(x: Any) -> tuple[int, int, int]:
    return (*x.shape[:2], math.prod(x.shape[2:]))


def _scale_channels(xp: Any, x: Any, weight: Any = None, bias: Any = None) -> tuple[Any, None]:
    return scaled_channels(x, None, None, weight, bias, 0.0), None


def _scale_channels_vjp(
    xp: Any, residual: None, g: Any, needs: Sequence[bool], x: Any, weight: Any = None, bias: Any = None
) -> list[Any]:
    dx = scaled_channels(g, None, None, weight, None, 0.0) if needs[0] else None
    return [dx, *sums(x, g, None, None, needs[1:], channel_shape(x), 0.0, 1)]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {
        "standardize": Kernel(_standardize, _standardize_vjp),
        "layer_norm": agreeing(Kernel(_layer_norm, _layer_norm_vjp)),
        "rms_norm": agreeing(Kernel(_rms_norm, _rms_norm_vjp), as_first=True),
        "group_norm": agreeing(Kernel(_group_norm, _group_norm_vjp)),
        "scale_channels": agreeing(Kernel(_scale_channels, _scale_channels_vjp)),
    }
