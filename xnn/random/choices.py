"""Integers, and choices among elements."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, overload

from xnn.arguments import dim_of, whole
from xnn.array_object import Array
from xnn.autograd.graph import Tracked, frontend
from xnn.autograd.operands import device_of
from xnn.dtypes import float64, int64
from xnn.errors import OptionError, ShapeError
from xnn.ops.creation import arange, asarray, zeros
from xnn.ops.cumulative import cumulative_sum
from xnn.ops.data_types import astype, finfo, iinfo
from xnn.ops.exponential import exp
from xnn.ops.extrema import maximum
from xnn.ops.indexing import take
from xnn.ops.logic import logical_or
from xnn.ops.manipulation import moveaxis, reshape
from xnn.ops.searching import searchsorted, where
from xnn.ops.sorting import argsort, sort
from xnn.ops.statistical import max as largest
from xnn.ops.statistical import sum as total_of
from xnn.typing import A, AnyArray, ArrayLike, DeviceLike, DTypeLike, Shape
from xnn_backends import Device, backend_of, find_device

from .arguments import drawn_shape, require_valid
from .basic import Basic
from .parameters import NOT_NEGATIVE, drawn, fitting, integer_type, placed, plain, require, sized

__all__ = ["Choices"]

Bound = int | AnyArray


class Choices(Basic):
    """categorical, choice, integers, multinomial, permutation, shuffle."""

    # ---- integers ----

    def _below(self, width: int, sizes: tuple[int, ...], device: Device) -> Array:
        """Integers from 0 to width - 1, int64, each as likely: words that would favour some are drawn again."""
        words = 2**53 if width <= 2**32 else 2**63
        refused = words % width / words  # the share of words beyond the last multiple of width
        # so often that all are refused once in 2**64 numbers
        rounds = 1 if refused == 0 else math.ceil(64 / -math.log2(refused))
        last = words - words % width - 1
        value = zeros(sizes, dtype=int64, device=device)
        done = value > 0
        for _ in range(rounds):
            word = self._words(words, sizes, device)
            value = where(done, value, word)
            done = logical_or(done, word <= last)
        return value % width if width < words else value

    def _words(self, words: int, sizes: tuple[int, ...], device: Device) -> Array:
        """Integers of 53 or of 63 random bits."""
        if words == 2**53:
            return astype(self.uniform(sizes, dtype=float64, device=device) * 2.0**53, int64)
        u = self.uniform((2, *sizes), dtype=float64, device=device)
        high, low = astype(u[0, ...] * 2.0**31, int64), astype(u[1, ...] * 2.0**32, int64)
        return high * 2**32 + low

    def integers(
        self,
        low: Bound,
        high: Bound | None = None,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        endpoint: bool = False,
        device: DeviceLike | None = None,
    ) -> Array:
        """Integers from low to high - 1, or to high with `endpoint`, each as likely; from 0, if only one is given.

        Shapes: bounds broadcast to `size`; without it, the result has their common shape. Types: int64, or the integer
        type that is asked for, which has to hold the bounds. Raises: OptionError for an empty range, one of more than
        2**63 integers (of arrays, 2**52), or one that the type does not hold; ShapeError for a size that they do
        not fit.
        """
        low, high = (0, low) if high is None else (low, high)
        values, found = placed("integers", device, {"low": low, "high": high})
        wanted = integer_type("integers", dtype)
        found.backend.raw_dtype(wanted)
        sizes = sized("integers", size, *values.values())
        first, last = (x if isinstance(x, Tracked) else _bound(argument, x) for argument, x in values.items())
        if isinstance(first, int) and isinstance(last, int):
            last += endpoint
            limits = iinfo(wanted) if "integer" in wanted.kind else iinfo(int64)
            if not limits.min <= first < last <= limits.max + 1 or last - first > 2**63:
                raise OptionError(
                    f"integers: low is less than high, what lies between is {wanted.name}, and at most 2**63 integers; "
                    f"got low={first}, high={last - endpoint}, endpoint={endpoint}. Cure: integers(low, high, size)."
                )
            drawn_there = self._below(last - first, sizes, found)
            return astype(drawn_there + first if first else drawn_there, wanted)
        if "integer" in wanted.kind and wanted is not int64:
            limits = iinfo(wanted)
            for bound, most in ((first, limits.max), (last, limits.max + (not endpoint))):
                message = f"integers: bounds are integers that {wanted.name} holds; others came. Cure: dtype=xnn.int64."
                require_valid(_integers("a bound", bound, found), limits.min, min(most, 2**63 - 1), False, message)
        return astype(self._between(first, last, endpoint, sizes, found), wanted)

    def _between(self, low: Any, high: Any, endpoint: bool, sizes: tuple[int, ...], device: Device) -> Array:
        """The same of arrays, of words of 63 bits: of six, all are refused once in 2**66 numbers at most."""
        first, width = _integers("low", low, device), _integers("high", high, device)
        width = width - first + endpoint
        message = "integers: low is less than high, and arrays of them at most 2**52 apart; others came"
        require_valid(width, 1, 2**52, False, message)
        width = maximum(width, 1)
        beyond = (2**63 - 1) % width
        last = 2**63 - 1 - where(beyond == width - 1, 0, beyond + 1)
        value = zeros(sizes, dtype=int64, device=device)
        done = value > 0
        for _ in range(6):
            word = self._words(2**63, sizes, device)
            value = where(done, value, word)
            done = logical_or(done, word <= last)
        return value % width + first

    def randint(
        self,
        low: Bound,
        high: Bound | None = None,
        size: Shape | None = None,
        *,
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """`integers` without the endpoint, under NumPy's older name: of shape size."""
        return self.integers(low, high, size, dtype=dtype, device=device)

    # ---- orders ----

    @overload
    def permutation(self, x: int, axis: int = 0, *, device: DeviceLike | None = None) -> Array: ...
    @overload
    def permutation(self, x: A, axis: int = 0, *, device: DeviceLike | None = None) -> A: ...
    @overload
    def permutation(self, x: list[Any], axis: int = 0, *, device: DeviceLike | None = None) -> Array: ...
    def permutation(
        self, x: int | AnyArray | list[Any], axis: int = 0, *, device: DeviceLike | None = None
    ) -> AnyArray:
        """The slices of x along a dimension in random order; of an int n, the integers 0 to n - 1, int64 of shape (n,).

        What sorts n numbers of 53 random bits. A raw array gives a raw array; x stays as it is: `shuffle` changes it.

        Raises:
            OptionError: if x is no array and no int of at least 0.
            ShapeError: for a dimension that x does not have.
        """
        if not _is_array(x):
            if isinstance(x, list):
                return self.permutation(asarray(x, device=device), axis)
            n = whole("permutation: n", x, 0)
            result: Array = argsort(self.uniform(n, dtype=float64, device=device))
            return result
        array: Any = x
        axis = dim_of("permutation", "axis", axis, tuple(array.shape))
        order = self.permutation(int(array.shape[axis]), device=device_of(array, "permutation"))
        shuffled: AnyArray = take(array, order if isinstance(array, Tracked) else order._data, axis=axis)
        return shuffled

    def shuffle(self, x: AnyArray | list[Any], axis: int = 0) -> None:
        """Put the slices of x along a dimension into random order, in place, as NumPy; `permutation` gives another.

        Shapes: x any but (), an Array, a raw array that can be written to, or a list.

        Raises:
            GraphError: for an Array that requires a gradient, while the graph is recorded.
            ShapeError: for a dimension that x does not have.
        """
        if isinstance(x, list):
            x[:] = [x[i] for i in self.permutation(len(x), device="cpu").tolist()]
            return
        array: Any = x
        array[...] = self.permutation(array, axis)

    # ---- choices ----

    @overload
    def choice(
        self,
        a: int | Sequence[Any],
        size: Shape | None = None,
        replace: bool = True,
        p: ArrayLike | None = None,
        axis: int = 0,
        *,
        device: DeviceLike | None = None,
    ) -> Array: ...
    @overload
    def choice(
        self,
        a: A,
        size: Shape | None = None,
        replace: bool = True,
        p: ArrayLike | None = None,
        axis: int = 0,
        *,
        device: DeviceLike | None = None,
    ) -> A: ...
    def choice(
        self,
        a: int | AnyArray | Sequence[Any],
        size: Shape | None = None,
        replace: bool = True,
        p: ArrayLike | None = None,
        axis: int = 0,
        *,
        device: DeviceLike | None = None,
    ) -> AnyArray:
        """Slices of an array along a dimension, at random places; of an int n, integers from 0 to n - 1.

        Args:
            a: an int, an array, or a list. A raw array gives a raw array.
            size: the shape that stands in the place of the dimension; None: one slice, without the dimension.
            replace: whether a slice may come more than once.
            p: (n,), the probabilities, which sum to 1; None: all the same. Without replacement, they are those of what
                is left at each draw.
            axis: the dimension.
            device: where there is no array.

        Raises:
            OptionError: for an empty choice, more than there is without replacement, a negative probability, or those
                that do not sum to 1.
            ShapeError: for a p that is not (n,).
        """
        is_array = _is_array(a)
        if isinstance(a, (list, tuple)):
            a, is_array = asarray(a, device=device), True
        found: Device = device_of(a, "choice") if is_array else find_device(device)
        array: Any = a
        if is_array:
            axis = dim_of("choice", "axis", axis, tuple(array.shape))
        n = array.shape[axis] if is_array else whole("choice: a", a, 0)
        sizes = () if size is None else drawn_shape("choice", size, "size")
        count = math.prod(sizes)
        if count and (n == 0 or (count > n and not replace)):
            raise OptionError(
                f"choice: without replacement at most as many as there are, and with it of at least one; "
                f"got size {sizes} of {n}. Cure: replace=True, or a smaller size."
            )
        shares = None if p is None else _shares("choice", p, (n,), found)
        if not replace:
            places = self._without_replacement(n, count, shares, found)
        elif shares is None:
            places = self._below(n, (count,), found)
        else:
            places = _inverse(shares, self.uniform(count, dtype=float64, device=found))
        if not is_array:
            return reshape(places, sizes)
        chosen = take(array, places if isinstance(array, Tracked) else places._data, axis=axis)
        return reshape(chosen, (*array.shape[:axis], *sizes, *array.shape[axis + 1 :]))

    def _without_replacement(self, n: int, count: int, shares: Array | None, device: Device) -> Array:
        """Those whose clocks ring first; a clock of rate p rings before the others with probability p."""
        if shares is None:
            return self.permutation(n, device=device)[:count]
        positive = total_of(astype(shares > 0, float64))
        require_valid(positive, count, math.inf, False, f"choice: of {count} without replacement, each has a p above 0")
        clocks = -frontend.xp.log1p(-self.uniform(n, dtype=float64, device=device))
        return argsort(where(shares > 0, clocks / where(shares > 0, shares, 1.0), math.inf))[:count]

    def categorical(
        self, logits: ArrayLike, axis: int = -1, size: Shape | None = None, *, device: DeviceLike | None = None
    ) -> Array:
        """Places along a dimension, with the probabilities softmax(logits): int64, off the graph.

        Shapes: logits any but (), without the dimension, broadcast to `size`; without it, the result has that shape.
        Raises: OptionError where all logits are -inf, or one is NaN or inf; ShapeError for a size that they do not fit.
        """
        what = drawn("categorical", None, None, device, logits=(asarray(logits, device=device), _LOGIT))
        scores = astype(plain(what.parameters[0]), float64)
        axis = dim_of("categorical", "axis", axis, scores.shape)
        scores = moveaxis(scores, axis, -1)
        batch = scores.shape[:-1]
        sizes = batch if size is None else fitting("categorical", size, batch)
        top = largest(scores, axis=-1, keepdims=True)
        limit = finfo(float64).max
        require_valid(
            top, -limit, limit, False, "categorical: logits are numbers or -inf, and not all -inf; others came"
        )
        return self._places(exp(scores - top), sizes, what.device)

    def _places(self, weights: Array, sizes: tuple[int, ...], device: Device) -> Array:
        u = self.uniform(sizes, dtype=float64, device=device)
        if weights.ndim == 1:
            return _inverse(weights, u)
        sums = cumulative_sum(weights, axis=-1)
        return total_of(astype(sums <= u[..., None] * sums[..., -1:], int64), axis=-1)

    def multinomial(
        self, n: int, pvals: ArrayLike, size: Shape | None = None, *, device: DeviceLike | None = None
    ) -> Array:
        """How often each of k outcomes comes in n trials: int64, whose sums along the last dimension are n.

        All trials are drawn, so memory grows with n.

        Shapes: pvals (k,), probabilities that sum to 1; the result `size` + (k,). Raises: OptionError for a
        negative n or probability, or a sum that is not 1; ShapeError for another shape of pvals.
        """
        n = whole("multinomial: n", n, 0)
        values, found = placed("multinomial", device, {"pvals": pvals})
        shares = _shares("multinomial", values["pvals"], None, found)
        sizes = () if size is None else drawn_shape("multinomial", size, "size")
        k, rows = shares.shape[0], math.prod(sizes)
        places = _inverse(shares, self.uniform((rows, n), dtype=float64, device=found))
        ranked = sort(reshape(places + k * arange(rows, device=found)[:, None], (-1,)))
        ends = searchsorted(ranked, arange(rows * k + 1, dtype=ranked.dtype, device=found))
        return reshape(astype(ends[1:] - ends[:-1], int64), (*sizes, k))


_LOGIT = NOT_NEGATIVE._replace(text="a number or -inf", least=-math.inf, cure="")


def _is_array(x: Any) -> bool:
    return isinstance(x, Tracked) or (backend_of(x) is not None and getattr(x, "shape", ()) != ())


def _bound(argument: str, value: Any) -> int:
    try:
        return whole(f"integers: {argument}", value, -(2**63))
    except OptionError:
        if isinstance(value, float) and value.is_integer():  # as NumPy takes 1e6
            return int(value)
        raise


def _integers(argument: str, x: Any, device: Device) -> Array:
    if isinstance(x, int):
        return asarray(x, dtype=int64, device=device)
    if "integer" not in x.dtype.kind:
        raise OptionError(
            f"integers: {argument} is of integers; got {x.dtype.name}. Cure: xnn.astype({argument}, xnn.int64)."
        )
    return astype(plain(x), int64)


def _shares(name: str, p: Any, shape: tuple[int, ...] | None, device: Device) -> Array:
    """Probabilities as an Array of float64, which are checked."""
    array = placed(name, device, {"p": p})[0]["p"]
    came = tuple(getattr(array, "shape", ()))
    if len(came) != 1 or came == (0,) or (shape is not None and came != shape):
        raise ShapeError(f"{name}: probabilities have shape {shape or '(k,)'}; got {came}. Cure: one for each outcome.")
    slack = math.sqrt(float(finfo(array.dtype).eps)) if array.dtype.is_floating else 0.0
    shares = plain(require(name, "a probability", array, NOT_NEGATIVE._replace(cure=""), float64))
    require_valid(
        total_of(shares),
        1 - slack,
        1 + slack,
        False,
        f"{name}: probabilities sum to 1; they do not. Cure: p / xnn.sum(p).",
    )
    return shares


def _inverse(weights: Array, u: Array) -> Array:
    """The place of each uniform number among sums of weights; never one of weight 0."""
    sums = cumulative_sum(weights)
    return astype(searchsorted(sums, u * sums[-1], side="right"), int64)
