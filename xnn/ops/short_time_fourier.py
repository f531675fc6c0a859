"""Fourier transforms of windows that move along a signal, with PyTorch's names, arguments and scaling.

Types: floating; float32 and float64 give complex64 and complex128.
"""

from __future__ import annotations

from typing import Any, Literal

from xnn import dtypes
from xnn.autograd.arguments import choice
from xnn.autograd.refusals import integer
from xnn.errors import OptionError, ShapeError
from xnn.typing import A, ArrayLike

from .creation import arange, ones, zeros
from .elementwise import square
from .fourier import fft, ifft, irfft, rfft
from .indexing import scatter_add, take
from .lifting import lifted
from .linear_algebra import matrix_transpose
from .manipulation import broadcast_to, expand_dims, reshape
from .matrices import as_floating
from .padding import pad_constant
from .shapes import pad

__all__ = ["istft", "stft"]

PadMode = Literal["constant", "reflect", "replicate", "circular"]
MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}  # NumPy's names


def _settled(name: str, like: Any, window: Any, n_fft: Any, hop: Any, length: Any) -> tuple[Any, int, int]:
    """The window, as long as the transform, and how far it moves."""
    size = integer(name, "n_fft", n_fft, least=1)
    step = size // 4 if hop is None else integer(name, "hop_length", hop, least=1)
    length = size if length is None else integer(name, "win_length", length, least=1)
    if length > size or not step:
        raise OptionError(
            f"{name}: win_length is at most n_fft, {size}, and hop_length at least 1; got {length}, {step}"
        )
    if window is None:
        window = ones((length,), dtype=like, device=None)
    if tuple(window.shape) != (length,):
        raise ShapeError(f"{name} takes a window ({length},); got shape {tuple(window.shape)}")
    left = (size - length) // 2
    return (pad_constant(window, padding=[(left, size - length - left)], value=0), size, step)


def stft(
    input: A,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: ArrayLike | None = None,
    center: bool = True,
    pad_mode: PadMode = "reflect",
    normalized: bool = False,
    onesided: bool | None = None,
    return_complex: bool = True,
) -> A:
    """The transforms of pieces of a signal, each times a window, as torch.stft.

    Args:
        input: (..., L).
        n_fft: the length of a piece.
        hop_length: how far a piece begins behind the one before; n_fft // 4 if None.
        win_length: the length of the window, which stands in the middle of a piece; n_fft if None.
        window: (win_length,); ones if None.
        center: whether the signal goes on at both ends, by n_fft // 2, so that piece t is centred on t hop_length.
        pad_mode: how it does, as in `nn.functional.pad`.
        normalized: whether to divide by sqrt(n_fft).
        onesided: whether to leave out the frequencies that follow by symmetry; None: of real signals.
        return_complex: True; PyTorch's pairs of reals are not offered.

    Returns:
        (..., n_fft // 2 + 1, pieces), or (..., n_fft, pieces), complex.

    Raises:
        ShapeError: for a signal shorter than a piece, or another window.
        OptionError: for sizes that do not fit, or return_complex=False.
    """
    if not return_complex:
        raise OptionError("stft gives complex numbers; got return_complex=False. Cure: xnn.real and xnn.imag of them.")
    choice("stft", "pad_mode", pad_mode, tuple(MODES))
    (x, given), back = lifted("stft", input, window)
    x = as_floating(x)
    real_type = {dtypes.complex64: dtypes.float32, dtypes.complex128: dtypes.float64}.get(x.dtype, x.dtype)
    form, size, step = _settled("stft", real_type, given, n_fft, hop_length, win_length)
    form = form.to_device(x.device)
    lead = tuple(x.shape[:-1])
    if center:
        x = pad(x, [*((0, 0) for _ in lead), (size // 2, size // 2)], MODES[pad_mode])
    count = (x.shape[-1] - size) // step + 1
    if count < 1:
        raise ShapeError(f"stft takes a signal of {size} elements or more; got {x.shape[-1]}. Cure: a smaller n_fft.")
    starts = arange(0, count * step, step, dtype=dtypes.int64, device=x.device)
    places = expand_dims(starts, axis=1) + arange(size, dtype=dtypes.int64, device=x.device)
    pieces = reshape(take(x, reshape(places, (-1,)), axis=-1), (*lead, count, size)) * form
    is_real = pieces.dtype.kind == "real floating"
    half = is_real if onesided is None else onesided
    if half and not is_real:
        raise OptionError("stft: onesided is of real signals; got complex ones. Cure: onesided=False.")
    norm: Any = "ortho" if normalized else "backward"
    found = rfft(pieces, norm=norm) if half else fft(_complex(pieces), norm=norm)
    return back(matrix_transpose(found))


def _complex(x: Any) -> Any:
    return x if x.dtype.kind == "complex floating" else x.astype(dtypes.complex_of(x.dtype))


def istft(
    input: A,
    n_fft: int,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: ArrayLike | None = None,
    center: bool = True,
    normalized: bool = False,
    onesided: bool | None = None,
    length: int | None = None,
    return_complex: bool = False,
) -> A:
    """The signal whose pieces `stft` gave: they are added, and divided by the sum of the squared windows.

    Args:
        input: (..., n_fft // 2 + 1, pieces), or with onesided=False (..., n_fft, pieces).
        n_fft: as in `stft`, and so are hop_length, win_length, window, center and normalized.
        hop_length: see there.
        win_length: see there.
        window: see there.
        center: see there.
        normalized: see there.
        onesided: whether the frequencies that follow by symmetry are left out; None: by the number of frequencies.
        length: of the result; None for what the pieces cover.
        return_complex: whether the signal is complex, which needs all frequencies.

    Returns:
        (..., L).

    Raises:
        ShapeError: for another number of frequencies. OptionError: for sizes that do not fit.
    """
    (x, given), back = lifted("istft", input, window)
    x = _complex(as_floating(x))
    real_type = dtypes.float64 if x.dtype is dtypes.complex128 else dtypes.float32
    form, size, step = _settled("istft", real_type, given, n_fft, hop_length, win_length)
    form = form.to_device(x.device)
    half = x.shape[-2] == size // 2 + 1 and not return_complex if onesided is None else onesided
    if x.shape[-2] != (size // 2 + 1 if half else size):
        raise ShapeError(f"istft takes {size // 2 + 1 if half else size} frequencies here; got {x.shape[-2]}")
    pieces, norm = matrix_transpose(x), "ortho" if normalized else "backward"
    signal: Any = irfft(pieces, n=size, norm=norm) if half else ifft(pieces, norm=norm)  # type: ignore[arg-type]
    signal = signal if half or return_complex else signal.real
    count, lead = signal.shape[-2], tuple(signal.shape[:-2])
    total = size + step * (count - 1)
    starts = arange(0, count * step, step, dtype=dtypes.int64, device=x.device)
    places = reshape(expand_dims(starts, axis=1) + arange(size, dtype=dtypes.int64, device=x.device), (-1,))
    rows = reshape(signal * form, (-1, count * size))
    start = zeros((total, rows.shape[0]), dtype=rows.dtype, device=x.device)
    summed = matrix_transpose(scatter_add(start, (places,), matrix_transpose(rows)))
    squares = reshape(broadcast_to(square(form), (count, size)), (-1,))
    weights = scatter_add(zeros((total,), dtype=form.dtype, device=x.device), (places,), squares)
    first = size // 2 if center else 0
    last = (total - (size // 2 if center else 0)) if length is None else first + length
    found = summed[:, first:last] / weights[first:last]
    if length is not None and found.shape[-1] < length:
        found = pad_constant(found, padding=[(0, length - found.shape[-1])], value=0)
    return back(reshape(found, (*lead, found.shape[-1])))
