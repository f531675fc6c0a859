"""Positions for what does not see them: waves that are added, and pairs of features that are turned."""

from __future__ import annotations

from xnn.arguments import check_arrays, check_floating, number, whole
from xnn.errors import OptionError, ShapeError
from xnn.ops import position
from xnn.typing import A, AnyArray

from ._indices import check_device, check_integers, together

__all__ = ["rotary_embedding", "sinusoidal_encoding"]


def sinusoidal_encoding(input: A, batch_first: bool = False, base: float = 10000.0) -> A:
    """input + PE, with PE(position, 2 i) = sin(position / base^(2 i / D)) and PE(position, 2 i + 1) the cosine of it.

    Vaswani et al., Attention is all you need, 2017, section 3.5.

    Args:
        input: (L, N, D) or (L, D), floating-point.
        batch_first: whether input is (N, L, D).
        base: of the wavelengths, from 2 pi to base 2 pi; positive.

    Returns:
        the shape of input.

    Raises:
        ShapeError: if input has not two or three dimensions, or no features.
        DTypeError: if it is not floating-point.
        OptionError: for a base that is not positive.

    Example:
        >>> import xnn as xp
        >>> xp.nn.functional.sinusoidal_encoding(xp.zeros((2, 2), device="cpu")).tolist()[0]
        [0.0, 1.0]
    """
    name = "sinusoidal_encoding"
    check_arrays(name, input=input)
    shape = tuple(input.shape)
    if len(shape) not in (2, 3) or not shape[-1]:
        order = "(N, L, D)" if batch_first else "(L, N, D)"
        raise ShapeError(f"{name} takes sequences {order} or (L, D) with features; got shape {shape}")
    check_floating(name, "input", input)
    check_base(name, base)
    axis = 1 if batch_first and len(shape) == 3 else 0
    return position.with_waves(input, axis=axis, base=float(base))


def rotary_embedding(
    input: A, positions: AnyArray | None = None, dim: int | None = None, base: float = 10000.0, interleaved: bool = True
) -> A:
    """Pairs (a, b) of features turned by their position: (a cos t - b sin t, a sin t + b cos t), t = p base^(-2 i / d).

    The product of a query and a key so turned depends on the distance of their positions p alone. Su et al., RoFormer:
    Enhanced transformer with rotary position embedding, 2021.

    Args:
        input: (..., L, E), floating-point: queries or keys of one head or several.
        positions: integers that broadcast to (..., L); None for 0, 1, ..., L - 1.
        dim: how many features d are turned, the first ones; even, at most E; None for E.
        base: of the wavelengths; positive.
        interleaved: whether a pair i are the features 2 i and 2 i + 1, as in the paper; else i and d / 2 + i.

    Returns:
        the shape of input.

    Raises:
        ShapeError: if input has less than two dimensions, or positions do not broadcast.
        DTypeError: if input is not floating-point, or positions are no integers.
        OptionError: for a dim that is not even or beyond E, or a base that is not positive.

    Example:
        >>> import xnn as xp
        >>> x = xp.asarray([[1.0, 0.0], [1.0, 0.0]], device="cpu")
        >>> [[round(v, 4) for v in row] for row in xp.nn.functional.rotary_embedding(x).tolist()]
        [[1.0, 0.0], [0.5403, 0.8415]]
    """
    name = "rotary_embedding"
    check_arrays(name, input=input)
    shape = tuple(input.shape)
    if len(shape) < 2:
        raise ShapeError(f"{name} takes (..., L, E); got shape {shape}")
    check_floating(name, "input", input)
    size = shape[-1] if dim is None else whole("dim", dim, 2)
    if size % 2 or not 0 < size <= shape[-1]:
        raise OptionError(f"{name} turns pairs: dim is even, from 2 to {shape[-1]} for shape {shape}; got {size}")
    check_base(name, base)
    if positions is not None:
        check_arrays(name, positions=positions)
        check_integers(name, "positions", positions)
        check_device(name, input, positions)
        own = tuple(positions.shape)
        if len(own) > len(shape) - 1 or any(
            n not in (1, m) for n, m in zip(reversed(own), reversed(shape[:-1]), strict=False)
        ):
            raise ShapeError(f"{name} takes positions that broadcast to {shape[:-1]}; got shape {own}")
    input, positions = together(name, input, positions)
    return position.rotary(input, positions, size=size, base=float(base), interleaved=interleaved)


def check_base(name: str, base: float) -> None:
    """Raise OptionError unless it is positive."""
    if not number(name, "base", base) > 0:
        raise OptionError(f"{name}: base is a positive number; got {base}")
