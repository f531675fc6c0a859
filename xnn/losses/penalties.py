"""Penalties on the size of parameters, to be added to a loss."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, overload

from xnn.arguments import check_arrays, check_floating, number
from xnn.array_object import Array
from xnn.errors import OptionError
from xnn.ops.elementwise import abs, add, multiply, square
from xnn.ops.statistical import sum
from xnn.typing import A, AnyArray

from .operands import is_array

__all__ = ["l1_penalty", "l2_penalty"]


@overload
def l1_penalty(parameters: Array | Iterable[Array], factor: float = 0.01) -> Array: ...
@overload
def l1_penalty(parameters: A | Iterable[A], factor: float = 0.01) -> A: ...
def l1_penalty(parameters: AnyArray | Iterable[AnyArray], factor: float = 0.01) -> AnyArray:
    """factor * sum(|w|), over all parameters: it makes many of them 0.

    Args:
        parameters: an array of any shape, or several, as of `model.parameters()`; floating-point.
        factor: the strength.

    Returns:
        shape ().

    Raises:
        TypeError: if one is no array.
        DTypeError: if one is not floating-point.
        OptionError: if there are none.

    Example:
        >>> import xnn as xp
        >>> layer = xp.nn.Linear(3, 2, device="cpu")
        >>> loss = xp.sum(layer(xp.ones((1, 3), device="cpu"))) + xp.losses.l1_penalty(layer.parameters(), 0.001)
        >>> loss.shape
        ()
    """
    return _penalty("l1_penalty", abs, parameters, factor, takes_complex=True)


@overload
def l2_penalty(parameters: Array | Iterable[Array], factor: float = 0.01) -> Array: ...
@overload
def l2_penalty(parameters: A | Iterable[A], factor: float = 0.01) -> A: ...
def l2_penalty(parameters: AnyArray | Iterable[AnyArray], factor: float = 0.01) -> AnyArray:
    """factor * sum(w ** 2), over all parameters: it keeps them small.

    Args:
        parameters: an array of any shape, or several, as of `model.parameters()`; floating-point.
        factor: the strength; an optimizer's weight_decay of twice that has the same gradient.

    Returns:
        shape ().

    Raises:
        TypeError: if one is no array.
        DTypeError: if one is not floating-point.
        OptionError: if there are none.
    """
    return _penalty("l2_penalty", square, parameters, factor)


def _penalty(
    name: str, size: Callable[[Any], Any], parameters: Any, factor: float, *, takes_complex: bool = False
) -> Any:
    factor = number(name, "factor", factor)
    several: Iterable[Any] = (
        parameters if isinstance(parameters, Iterable) and not is_array(parameters) else [parameters]
    )
    total = None
    for parameter in several:
        check_arrays(name, parameters=parameter)
        check_floating(name, "parameters", parameter, takes_complex=takes_complex)
        own = sum(size(parameter))
        total = own if total is None else add(total, own)
    if total is None:
        raise OptionError(f"{name} takes at least one parameter; got none. Cure: model.parameters().")
    return multiply(total, factor)
