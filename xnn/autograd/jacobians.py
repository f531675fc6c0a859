"""Whole matrices of derivatives, as functions of functions on pytrees: jacobian, hessian."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec

from xnn.errors import DTypeError

from .call import Call, positions_of
from .forward import between, push_forward
from .graph import forward_mode, frontend
from .pytree import flatten, unflatten
from .refusals import refuse_texts
from .reverse import backward
from .transforms import grad, paired, require_array

__all__ = ["hessian", "jacobian"]

P = ParamSpec("P")


def jacobian(function: Callable[P, Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[P, Any]:
    """A function that gives all first derivatives of `function`.

    A pass goes backward for each element of the value, or forward for each element of the arguments, whichever are
    fewer; the function itself runs once.

    Args:
        function: of pytrees of real arrays; gives a pytree of arrays of any shapes, or (that, aux) with `has_aux`.
        argnums: which positional arguments are differentiated; a tuple gives a tuple in the place of each argument's.
        has_aux: the result is (jacobian, aux).

    Returns:
        a function of the same arguments: for each array of the value a pytree like the arguments, of arrays whose
        shape is that of the value's array and then that of the argument's.

    Raises:
        DTypeError: for complex arguments, whose derivative is no single matrix: see vjp and jvp.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> xp.jacobian(lambda x: x**2)(np.asarray([1.0, 2.0]))
        array([[2., 0.],
               [0., 4.]])
    """
    refuse_texts("jacobian", has_aux=has_aux)

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        call = Call("jacobian", args, kwargs, positions_of("jacobian", argnums, args))
        if any(x.dtype.kind == "complex floating" for x in call.inputs):
            raise DTypeError(
                "jacobian and hessian are of real arguments; one is complex. Cure: vjp or jvp, of one direction each."
            )
        with forward_mode():
            result = call.run(function)
        value, aux = paired("jacobian", result) if has_aux else (result, None)
        outs, structure = flatten(value)
        outs = [require_array("jacobian", out) for out in outs]
        inside = call.is_inside([*outs, *flatten(aux)[0]])
        is_real = not any(out.dtype.kind == "complex floating" for out in outs)
        is_fewer = sum(out.size for out in outs) <= sum(x.size for x in call.inputs)
        way = _backward if is_real and (is_fewer or _is_backward_only(outs, call.oldest)) else _forward
        blocks = [
            call.split(row)[0] if not isinstance(argnums, (tuple, list)) else tuple(call.split(row))
            for row in way(call.inputs, outs, inside)
        ]
        matrix = call.given_back(unflatten(structure, blocks), inside)
        return (matrix, call.given_back(aux, inside)) if has_aux else matrix

    return run


def _is_backward_only(outs: list[Any], oldest: int) -> bool:
    """Whether something on the way has no forward mode."""
    nodes = between([out._node for out in outs], oldest)[0]
    return any(node.primitive is not None and node.primitive.kind == "backward only" for node in nodes)


def _backward(inputs: list[Any], outs: list[Any], inside: bool) -> list[list[Any]]:
    """For each output a list with the block of each input, row by row."""
    xp, nodes = frontend.xp, [x._node for x in inputs]
    result = []
    for out in outs:
        rows: list[list[Any]] = [[] for _ in inputs]
        for i in range(out.size):
            found = {}
            if out._node is not None:
                seed = _unit(out, i)
                found = backward(
                    [(out._node, seed if inside else seed._data)], nodes, retain_graph=True, create_graph=inside
                )
            for j, x in enumerate(inputs):
                g = found.get(nodes[j])
                g = xp.zeros_like(_plain(x)) if g is None else g if inside else frontend.array(g, x._device)
                rows[j].append(g)
        result.append([_stacked(r, out, x, 0, (*out.shape, *x.shape)) for r, x in zip(rows, inputs, strict=True)])
    return result


def _forward(inputs: list[Any], outs: list[Any], inside: bool) -> list[list[Any]]:
    """The same, column by column."""
    xp, nodes = frontend.xp, [out._node for out in outs]
    result: list[list[Any]] = [[] for _ in outs]
    for x in inputs:
        columns: list[list[Any]] = [[] for _ in outs]
        for i in range(x.size):
            for j, t in enumerate(push_forward(nodes, {x._node: _unit(x, i)}, inside)):
                columns[j].append(xp.zeros_like(_plain(outs[j])) if t is None else t)
        for j, out in enumerate(outs):
            result[j].append(_stacked(columns[j], out, x, -1, (*out.shape, *x.shape)))
    return result


def _plain(x: Any) -> Any:
    return frontend.array(x._data, x._device)


def _unit(x: Any, i: int) -> Any:
    """Zeros like x with a 1 at the element number i."""
    xp = frontend.xp
    flat = xp.arange(x.size, dtype=xp.int64, device=x._device) == i
    return xp.astype(xp.reshape(flat, x.shape), x.dtype)


def _stacked(parts: list[Any], out: Any, x: Any, axis: int, shape: tuple[int, ...]) -> Any:
    if not parts:
        return frontend.xp.zeros(shape, dtype=out.dtype, device=x._device)
    block = frontend.xp.reshape(frontend.xp.stack(parts, axis=axis), shape).to_device(x._device)
    # Of the argument's type whichever way was taken; a complex derivative stays complex.
    return block if block.dtype.kind != x.dtype.kind else frontend.xp.astype(block, x.dtype, copy=False)


def hessian(function: Callable[P, Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[P, Any]:
    """A function that gives all second derivatives of `function`: the Jacobian of its gradient.

    Args:
        function: of pytrees of real arrays; gives a real array of shape (), or (that, aux) with `has_aux`.
        argnums: which positional arguments are differentiated; a tuple gives a tuple of tuples.
        has_aux: the result is (hessian, aux).

    Returns:
        a function of the same arguments: for each array of the argument a pytree like the argument, of arrays whose
        shape is that of the one and then that of the other.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> xp.hessian(lambda x: x[0] ** 2 * x[1])(np.asarray([1.0, 2.0]))
        array([[4., 2.],
               [2., 0.]])
    """
    return jacobian(grad(function, argnums, has_aux), argnums, has_aux)
