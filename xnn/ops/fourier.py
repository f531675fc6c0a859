"""Fourier transforms of the standard's extension `fft`, each with its derivative.

Norms: "backward" scales the inverse transform by 1/n, "forward" the direct one, "ortho" each by 1/sqrt(n), where n is
the number of elements that are transformed, over all axes. An axis that is longer than asked for is trimmed, one that
is shorter is padded with zeros, at its end.

Types: float32 gives and takes complex64, float64 complex128; integers and bools become the default floating type. Where
the standard wants complex numbers, real ones are taken for such.

Derivatives: a matrix of a transform is symmetric, so its transpose is the transform itself, on an axis that is padded
where the transform trims and the other way round. Of half a spectrum each element but the first (and the last, of an
even number) stands for two; the imaginary parts of those have no part in the result, and derivative 0.

Raises: OptionError for an unknown norm, and for sizes without axes, or not as many; BoundsError for an axis that x
lacks, or that is named twice; ShapeError for fewer than one element; DTypeError for complex numbers where real
ones are transformed; TypeError for what is no array.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

from xnn import dtypes
from xnn.autograd.graph import frontend
from xnn.autograd.operands import device_of, operand
from xnn.autograd.primitive import primitive
from xnn.autograd.refusals import axes_of, axis_of, integer, sizes_of
from xnn.errors import DTypeError, OptionError, ShapeError
from xnn.typing import A, Axis, DeviceLike, DTypeLike
from xnn_backends import Device

from . import creation, data_types, manipulation

if TYPE_CHECKING:
    from xnn.array_object import Array

__all__ = [
    "fft",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfftn",
    "rfft",
    "rfftfreq",
    "rfftn",
]

Norm = Literal["backward", "ortho", "forward"]
OPPOSITE: dict[str, Norm] = {"backward": "forward", "ortho": "ortho", "forward": "backward"}

# ---- the three transforms: complex to complex, real to half a spectrum, half a spectrum to real ----


def _resized(xp: Any, x: Any, shape: Sequence[int]) -> Any:
    """x trimmed, or padded with zeros at the end of an axis, to a shape."""
    key = tuple(slice(0, size) if size < own else slice(None) for own, size in zip(x.shape, shape, strict=True))
    if any(size < own for own, size in zip(x.shape, shape, strict=True)):
        x = xp.getitem(x, key)
    for axis, size in enumerate(shape):
        if size > x.shape[axis]:
            missing = (*x.shape[:axis], size - x.shape[axis], *x.shape[axis + 1 :])
            x = xp.concat([x, xp.zeros(missing, dtype=x.dtype, device=xp.device(x))], axis=axis)
    return x


def _to_floating(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    dtype = device.backend.dtype_of(raws[0])
    if dtype.kind == "complex floating":
        raise DTypeError(
            f"rfft, rfftn and ihfft transform real arrays; got {dtype.name}. Cure: fft, or real(x) before."
        )
    return args if dtype.is_floating else [data_types.astype(args[0], dtypes.get_default_dtype())]


def to_complex(device: Device, args: Sequence[Any], raws: list[Any]) -> Sequence[Any]:
    dtype = device.backend.dtype_of(raws[0])
    if dtype.kind == "complex floating":
        return args
    real = dtype if dtype.is_floating else dtypes.get_default_dtype()
    return [data_types.astype(args[0], dtypes.complex_of(real))]


def _transpose(xp: Any, g: Any, out: Any, x: Any, **static: Any) -> Any:
    return _resized(xp, _complex(g, **static | {"s": [g.shape[axis] for axis in static["axes"]]}), x.shape)


@primitive(_transpose, promote=to_complex, kind="linear")
def _complex(xp: Any, x: A, /, *, s: Sequence[int], axes: tuple[int, ...], norm: Norm, inverse: bool) -> A:
    """The transform over `axes`, of sizes `s`; x is complex."""
    if len(axes) == 1:
        return (xp.fft.ifft if inverse else xp.fft.fft)(x, n=s[0], axis=axes[0], norm=norm)
    return (xp.fft.ifftn if inverse else xp.fft.fftn)(x, s=tuple(s), axes=axes, norm=norm) if axes else x


def _copies(xp: Any, half: Any, dtype: Any, n: int, axis: int) -> Any:
    """How often each element of half a spectrum stands in the whole of n elements, along `axis`: once or twice."""
    k = xp.arange(n // 2 + 1, dtype=xp.int64, device=xp.device(half))
    alone = xp.logical_or(k == 0, 2 * k == n)
    return xp.reshape(2.0 - xp.astype(alone, dtype), (-1, *(1,) * (half.ndim - 1 - axis)))


def _of_real(xp: Any, g: Any, out: Any, x: Any, n: int, axis: int, norm: Norm) -> Any:
    # the real part of the sum over half a spectrum, which is what the whole of that, halved where doubled, adds up to
    halved = xp.conj(g) / _copies(xp, g, x.dtype, n, axis)
    return _resized(xp, _half_to_real(halved, n=n, axis=axis, norm=OPPOSITE[norm]), x.shape)


@primitive(_of_real, promote=_to_floating, kind="linear")
def _real_to_half(xp: Any, x: A, /, *, n: int, axis: int, norm: Norm) -> A:
    """The first n // 2 + 1 elements of the spectrum of a real x; `axis` is counted from 0."""
    return xp.fft.rfft(x, n=n, axis=axis, norm=norm)


def _of_half(xp: Any, g: Any, out: Any, x: Any, n: int, axis: int, norm: Norm) -> Any:
    spectrum = xp.conj(_real_to_half(g, n=n, axis=axis, norm=OPPOSITE[norm]))
    return _resized(xp, spectrum * _copies(xp, spectrum, g.dtype, n, axis), x.shape)


@primitive(_of_half, promote=to_complex, kind="linear")
def _half_to_real(xp: Any, x: A, /, *, n: int, axis: int, norm: Norm) -> A:
    """The n real numbers whose spectrum begins with x; `axis` is counted from 0."""
    return xp.fft.irfft(x, n=n, axis=axis, norm=norm)


# ---- what is asked for ----


def check_norm(norm: str) -> None:
    if norm not in OPPOSITE:
        raise OptionError(f"norm is one of 'backward', 'ortho', 'forward'; got {norm!r}. Cure: 'backward'.")


def _size(n: Any, own: int) -> int:
    size = own if n is None else integer("a Fourier transform", "n", n)
    if size < 1:
        raise ShapeError(f"a Fourier transform has at least 1 element; got {size}. Cure: n=..., or a longer x.")
    return size


def _over_one(function: str, x: Any, n: int | None, axis: int, norm: str, half: bool = False) -> tuple[int, int]:
    """The size and the place of the axis of a transform; `half`: x is half a spectrum."""
    x = operand(x, function)
    check_norm(norm)
    place = axis_of(axis, len(x.shape), function)
    return _size(n, 2 * (x.shape[place] - 1) if half else x.shape[place]), place


def _over_many(
    function: str, x: Any, s: Sequence[int] | None, axes: Axis | None, norm: str, half: bool = False
) -> tuple[list[int], tuple[int, ...]]:
    """The sizes and the places of the axes of a transform; `half`: x is half a spectrum along the last of them."""
    x = operand(x, function)
    check_norm(norm)
    if s is not None and axes is None:
        raise OptionError(f"{function}: sizes s are given together with axes; got s={s} without. Cure: axes=...")
    ndim = len(x.shape)
    places = axes_of(tuple(range(ndim)) if axes is None else axes, ndim, function)
    s = None if s is None else sizes_of(s, function, least=-1)
    if s is not None and len(s) != len(places):
        raise OptionError(
            f"{function}: there is one size for each axis; got s={s} for axes={axes}. Cure: -1 keeps a size."
        )
    own = [x.shape[place] for place in places]
    if half and own:
        own[-1] = 2 * (own[-1] - 1)
    given = own if s is None else [size if n == -1 else n for n, size in zip(s, own, strict=True)]
    return [_size(n, 1) for n in given], places


# ---- the standard's functions ----


def fft(x: A, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> A:
    """The discrete Fourier transform over an axis: the sum over j of x_j exp(-2 pi i jk / n), for each k.

    Shapes: x of at least one dimension; in the result `axis` has n elements, as in x for None. Types: complex floating;
    of a real x, rfft is the half that determines the rest, for half the work.
    """
    size, place = _over_one("fft", x, n, axis, norm)
    return _complex(x, s=(size,), axes=(place,), norm=norm, inverse=False)


def ifft(x: A, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> A:
    """The inverse of fft over an axis: the sum over k of x_k exp(2 pi i jk / n), divided by n, for each j.

    Shapes: x of at least one dimension; in the result `axis` has n elements, as in x for None. Types: complex floating.
    """
    size, place = _over_one("ifft", x, n, axis, norm)
    return _complex(x, s=(size,), axes=(place,), norm=norm, inverse=True)


def fftn(x: A, /, s: Sequence[int] | None = None, axes: Axis | None = None, norm: Norm = "backward") -> A:
    """The discrete Fourier transform over several axes, all for None.

    Shapes: x any; in the result the axes have the sizes `s`, as in x for None, or where one is -1. Types: complex
    floating.
    """
    sizes, places = _over_many("fftn", x, s, axes, norm)
    return _complex(x, s=sizes, axes=places, norm=norm, inverse=False)


def ifftn(x: A, /, s: Sequence[int] | None = None, axes: Axis | None = None, norm: Norm = "backward") -> A:
    """The inverse of fftn.

    Shapes: x any; in the result the axes have the sizes `s`, as in x for None, or where one is -1. Types: complex
    floating.
    """
    sizes, places = _over_many("ifftn", x, s, axes, norm)
    return _complex(x, s=sizes, axes=places, norm=norm, inverse=True)


def rfft(x: A, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> A:
    """The Fourier transform of real numbers over an axis: the half that determines the rest.

    Shapes: x of at least one dimension; in the result `axis` has n // 2 + 1 elements; n is that of x for None. Types:
    real floating; the result is complex.
    """
    size, place = _over_one("rfft", x, n, axis, norm)
    return _real_to_half(x, n=size, axis=place, norm=norm)


def irfft(x: A, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> A:
    """The inverse of rfft: real numbers from half a spectrum.

    Shapes: x of at least one dimension, m elements along `axis`; in the result there are n, which is 2 * (m - 1) for
    None: name an odd n. Types: complex floating; the result is real.
    """
    size, place = _over_one("irfft", x, n, axis, norm, half=True)
    return _half_to_real(x, n=size, axis=place, norm=norm)


def rfftn(x: A, /, s: Sequence[int] | None = None, axes: Axis | None = None, norm: Norm = "backward") -> A:
    """The Fourier transform of real numbers over several axes, all for None: the half along the last of them.

    Shapes: x of at least one dimension; in the result the axes have the sizes `s`, as in x for None, or where one is
    -1, but the last one of them s[-1] // 2 + 1. Types: real floating; the result is complex.
    """
    (*sizes, last), (*places, end) = _lasting("rfftn", *_over_many("rfftn", x, s, axes, norm))
    half = _real_to_half(x, n=last, axis=end, norm=norm)
    return _complex(half, s=sizes, axes=tuple(places), norm=norm, inverse=False)


def irfftn(x: A, /, s: Sequence[int] | None = None, axes: Axis | None = None, norm: Norm = "backward") -> A:
    """The inverse of rfftn: real numbers from half a spectrum along the last of the axes.

    Shapes: x of at least one dimension; in the result the axes have the sizes `s`, as in x for None, or where one is
    -1, but the last one of them then 2 * (m - 1), of m elements: name an odd size. Types: complex floating; the result
    is real.
    """
    (*sizes, last), (*places, end) = _lasting("irfftn", *_over_many("irfftn", x, s, axes, norm, half=True))
    half = _complex(x, s=sizes, axes=tuple(places), norm=norm, inverse=True)
    return _half_to_real(half, n=last, axis=end, norm=norm)


def _lasting(function: str, sizes: list[int], places: tuple[int, ...]) -> tuple[list[int], tuple[int, ...]]:
    if not places:
        raise ShapeError(f"{function} transforms at least one axis; got none. Cure: xnn.reshape(x, (1,)), or axes=...")
    return sizes, places


def hfft(x: A, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> A:
    """The Fourier transform of a Hermitian signal, of which x is the first half: a real spectrum.

    Shapes: x of at least one dimension, m elements along `axis`; in the result there are n, which is 2 * (m - 1) for
    None. Types: complex floating; the result is real.
    """
    size, place = _over_one("hfft", x, n, axis, norm, half=True)
    whole = to_complex(device_of(x, "hfft"), [x], [getattr(x, "_data", x)])[0]
    return _half_to_real(frontend.xp.conj(whole), n=size, axis=place, norm=OPPOSITE[norm])


def ihfft(x: A, /, n: int | None = None, axis: int = -1, norm: Norm = "backward") -> A:
    """The inverse of hfft: the first half of a Hermitian signal from its real spectrum.

    Shapes: x of at least one dimension; in the result `axis` has n // 2 + 1 elements; n is that of x for None. Types:
    real floating; the result is complex.
    """
    size, place = _over_one("ihfft", x, n, axis, norm)
    return frontend.xp.conj(_real_to_half(x, n=size, axis=place, norm=OPPOSITE[norm]))


def _frequencies(
    n: int, first: Callable[[Any], Any], count: int, d: float, dtype: DTypeLike | None, device: DeviceLike | None
) -> Array:
    size, wanted = _size(n, 1), dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)
    if wanted.kind != "real floating":
        raise DTypeError(f"frequencies are real floating numbers; got {wanted.name}. Cure: dtype=xnn.float64.")
    k = first(creation.arange(count, dtype=dtypes.int64, device=device))
    return data_types.astype(k, wanted) / (size * d)


def fftfreq(n: int, /, d: float = 1.0, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None) -> Array:
    """The frequencies of fft's elements, [0, 1, ..., -2, -1] / (n d), of samples that are `d` apart; of shape (n,).

    Types: `dtype` is real floating, None means the default one. The device is as in `asarray`.
    """
    n = integer("fftfreq", "n", n)
    return _frequencies(n, lambda k: (k + n // 2) % n - n // 2, n, d, dtype, device)


def rfftfreq(n: int, /, d: float = 1.0, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None) -> Array:
    """The frequencies of rfft's elements, [0, 1, ..., n // 2] / (n d), of samples `d` apart; of shape (n // 2 + 1,).

    Types: `dtype` is real floating, None means the default one. The device is as in `asarray`.
    """
    n = integer("rfftfreq", "n", n)
    return _frequencies(n, lambda k: k, n // 2 + 1, d, dtype, device)


def _rolled(function: str, x: A, axes: Axis | None, direction: int) -> A:
    x = operand(x, function)
    ndim = len(x.shape)
    places = axes_of(tuple(range(ndim)) if axes is None else axes, ndim, function)
    return manipulation.roll(x, tuple(direction * (x.shape[place] // 2) for place in places), axis=places)


def fftshift(x: A, /, axes: Axis | None = None) -> A:
    """The frequency 0 moved from the beginning to the middle, n // 2, of an axis, several, or all for None.

    Shape: any, kept. Types: all.
    """
    return _rolled("fftshift", x, axes, 1)


def ifftshift(x: A, /, axes: Axis | None = None) -> A:
    """The inverse of fftshift: the middle moved to the beginning.

    Shape: any, kept. Types: all.
    """
    return _rolled("ifftshift", x, axes, -1)
