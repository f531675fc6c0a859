"""Derivatives as functions of functions, on pytrees: grad, value_and_grad, vjp, jvp, linearize, hvp.

What is differentiated is arrays (see `register_pytree`): Arrays, raw arrays of any backend, Python floats. The function
always gets Arrays. Given raw arrays and no Array, a transform gives raw arrays back; otherwise Arrays, which are on a
graph where the result depends on one outside of the function: so transforms can be nested, and mixed with `backward`.
Inside of `no_grad` the results are off the graph.

Gradients of complex arrays are PyTorch's: of real f, df/dRe + i df/dIm.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal, ParamSpec, TypeVar, TypeVarTuple, overload

from xnn.errors import GraphError, ShapeError

from .call import Call, count_leaves, is_raw, lifted, positions_of
from .forward import push_forward
from .graph import Tracked, Vertex, enable_grad, forward_mode, frontend, is_recording
from .operands import SCALARS
from .pytree import Structure, alike, flatten, unflatten
from .refusals import refuse_texts
from .reverse import backward, conjugated, require_real_scalar

P = ParamSpec("P")
R = TypeVar("R")
Aux = TypeVar("Aux")
Ts = TypeVarTuple("Ts")

__all__ = ["elementwise_grad", "grad", "hvp", "jvp", "linearize", "stop_gradient", "value_and_grad", "vjp"]


def paired(name: str, result: Any) -> tuple[Any, Any]:
    """What a function with has_aux=True gave."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise TypeError(
            f"{name} with has_aux=True needs a function that gives (value, aux); got {type(result).__name__}"
        )
    return result


def value_and_grad(
    function: Callable[P, R], argnums: int | Sequence[int] = 0, has_aux: bool = False
) -> Callable[P, tuple[R, Any]]:
    """A function that gives the value of `function`, and its gradient.

    Args:
        function: of pytrees of arrays; gives a real floating-point array of shape (), or another one of one element.
        argnums: which positional arguments are differentiated; a tuple gives a tuple of gradients.
        has_aux: `function` gives (value, aux), of which aux, any pytree, is passed on.

    Returns:
        a function of the same arguments: (value, gradient), or ((value, aux), gradient). The gradient has the
        structure, shapes and types of the argument; 0 where the value does not depend on it.

    Raises:
        GraphError: if the value is no real array of one element.
        DTypeError: for an argument that is not floating-point.
        OptionError: for argnums that name no argument.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> xp.value_and_grad(lambda x: xp.sum(x**2))(np.asarray([1.0, 2.0]))
        (array(5.), array([2., 4.]))
    """
    refuse_texts("grad", has_aux=has_aux)

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        call = Call("grad", args, kwargs, positions_of("grad", argnums, args))
        with enable_grad():
            result = call.run(function)
        out, aux = paired("grad", result) if has_aux else (result, None)
        require_real_scalar("grad", require_array("grad", out), "or use vjp or jacobian")
        inside = call.is_inside([out, *flatten(aux)[0]])
        gradients = pull_back(call, [(out, frontend.xp.ones_like(out))], inside, retain_graph=False)
        split = call.split(gradients)
        gradient = split[0] if not isinstance(argnums, (tuple, list)) else tuple(split)
        value = (out, aux) if has_aux else out
        return call.given_back(value, inside), call.given_back(gradient, inside)

    return run


def require_array(name: str, out: Any) -> Any:
    """What a function gave, or a part of it, if it is an Array: nothing else knows what it depends on."""
    if isinstance(out, Tracked):
        return out
    is_number = type(out) in SCALARS
    if is_number or is_raw(out):
        kind = type(out)
        came = f"a Python {kind.__name__}" if is_number else f"a {kind.__module__.partition('.')[0]}.{kind.__name__}"
        raise GraphError(
            f"{name}: the function gave {came}, whose dependence on the arguments is unknown. Cure: give back an "
            "Array, without float(x), x.item() or x.detach() on the way; a constant as xnn.asarray(...)."
        )
    raise TypeError(f"{name} needs a function that gives an array; got {type(out).__name__}")


def pull_back(
    call: Call, seeds: Sequence[tuple[Any, Any]], inside: bool, retain_graph: bool, ends: Sequence[Vertex] = ()
) -> list[Any]:
    """The gradients of a call's inputs for cotangents of what it gave, conjugated on the way in and out.

    ends: nodes that no input leads to, and whose own rules are not asked.
    """
    pairs = []
    for out, g in seeds:
        if out._node is not None:
            g = conjugated(frontend.xp, g, out._device)
            pairs.append((out._node, g if inside else g._data))
    nodes = [x._node for x in call.inputs]
    if not nodes:
        return []
    found = backward(pairs, [*nodes, *ends], retain_graph=retain_graph, create_graph=inside)
    result = []
    with enable_grad() if inside else contextlib.nullcontext():
        for x in call.inputs:
            if x._node not in found:
                result.append(frontend.xp.zeros_like(frontend.array(x._data, x._device)))
            else:
                g = found[x._node] if inside else frontend.array(found[x._node], x._device)
                result.append(conjugated(frontend.xp, g, x._device))
    return result


# The gradient has the type of the argument that argnums names. Of the first one a type variable beside P could say so,
# but checkers then refuse what a lambda does with an argument of that type.
@overload
def grad(
    function: Callable[P, Any], argnums: int | Sequence[int] = 0, has_aux: Literal[False] = False
) -> Callable[P, Any]: ...
@overload
def grad(
    function: Callable[P, tuple[Any, Aux]], argnums: int | Sequence[int] = 0, *, has_aux: Literal[True]
) -> Callable[P, tuple[Any, Aux]]: ...
@overload
def grad(function: Callable[P, Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[P, Any]: ...
def grad(function: Callable[P, Any], argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Callable[P, Any]:
    """A function that gives the gradient of `function`; with `has_aux`, (gradient, aux). See `value_and_grad`.

    Shapes: `function` gives an array of shape (), or of one element; the gradient's are its argument's.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> xp.grad(xp.sin)(0.0).item()
        1.0
        >>> xp.grad(xp.grad(lambda x: x**3))(np.asarray(2.0))
        array(12.)
    """
    both = value_and_grad(function, argnums, has_aux)

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        value, gradient = both(*args, **kwargs)
        return (gradient, value[1]) if has_aux else gradient

    return run


@overload
def vjp(
    function: Callable[[*Ts], R], *primals: *Ts, has_aux: Literal[False] = False
) -> tuple[R, Callable[[R], tuple[*Ts]]]: ...
@overload
def vjp(
    function: Callable[[*Ts], tuple[R, Aux]], *primals: *Ts, has_aux: Literal[True]
) -> tuple[R, Callable[[R], tuple[*Ts]], Aux]: ...
def vjp(function: Callable[..., Any], *primals: object, has_aux: bool = False) -> tuple[Any, ...]:
    """The value of `function`, and the function that pulls a cotangent of it back.

    Args:
        function: of pytrees of arrays; gives a pytree of arrays of any shapes, or (that, aux) with `has_aux`.
        primals: its arguments, all of which are differentiated.
        has_aux: aux is passed on: the result is (value, pull, aux).

    Returns:
        (value, pull): `pull(cotangent)`, for a pytree like the value, gives a tuple with a pytree for each primal:
        the vector-Jacobian product, as torch.autograd.grad with `grad_outputs`. It may be called any number of times.

    Raises:
        DTypeError: for a primal that is not floating-point. ShapeError: for a cotangent that is not like the value.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> value, pull = xp.vjp(lambda x, y: x * y, np.asarray([1.0, 2.0]), np.asarray([3.0, 4.0]))
        >>> pull(np.asarray([1.0, 10.0]))
        (array([ 3., 40.]), array([ 1., 20.]))
    """
    refuse_texts("vjp", has_aux=has_aux)
    call = Call("vjp", primals, {}, range(len(primals)))
    with enable_grad():
        result = call.run(function)
    value, aux = paired("vjp", result) if has_aux else (result, None)
    outs, structure = flatten(value)
    outs = [require_array("vjp", out) for out in outs]
    inside = call.is_inside([*outs, *flatten(aux)[0]])

    def pull(cotangent: Any) -> tuple[Any, ...]:
        gs = like(outs, structure, cotangent, "the cotangent of vjp")
        call.given.update(id(g._data) for g in gs)
        record = bool(is_recording()) and (inside or any(g._node is not None for g in gs))
        found = pull_back(call, list(zip(outs, gs, strict=True)), record, retain_graph=True)
        back: tuple[Any, ...] = call.given_back(tuple(call.split(found)), record)
        return back

    given = call.given_back(unflatten(structure, outs), inside)
    return (given, pull, call.given_back(aux, inside)) if has_aux else (given, pull)


def like(arrays: Sequence[Any], structure: Structure | None, tree: Any, what: str) -> list[Any]:
    """The leaves of a pytree as Arrays, of the types of others, whose structure, shapes and devices they must have."""
    leaves, found = flatten(tree)
    if not alike(found, structure):
        raise ShapeError(f"{what} has the structure {structure or '*'}; got {found or '*'}")
    result = []
    for x, leaf in zip(arrays, leaves, strict=True):
        y = lifted(leaf)
        if type(y) in SCALARS:
            y = frontend.xp.asarray(y, device=x._device)
        if not isinstance(y, Tracked):
            raise TypeError(f"{what} consists of arrays; got {type(leaf).__name__}")
        if tuple(y._data.shape) != tuple(x._data.shape) or y._device is not x._device:
            raise ShapeError(
                f"{what} has the shape {tuple(x._data.shape)} on {x._device}; got {tuple(y._data.shape)} on {y._device}"
            )
        dtype = x._device.backend.dtype_of(x._data)
        result.append(frontend.xp.astype(y, dtype, copy=False))
    return result


@overload
def jvp(
    function: Callable[[*Ts], R], primals: tuple[*Ts], tangents: tuple[*Ts], has_aux: Literal[False] = False
) -> tuple[R, R]: ...
@overload
def jvp(
    function: Callable[[*Ts], tuple[R, Aux]], primals: tuple[*Ts], tangents: tuple[*Ts], has_aux: Literal[True]
) -> tuple[R, R, Aux]: ...
def jvp(
    function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False
) -> tuple[Any, ...]:
    """The value of `function`, and its derivative along a direction: forward mode.

    Args:
        function: of pytrees of arrays; gives a pytree of arrays of any shapes, or (that, aux) with `has_aux`.
        primals: its arguments, a tuple.
        tangents: the direction, a tuple of pytrees like the primals.
        has_aux: aux is passed on: the result is (value, tangent, aux).

    Returns:
        (value, tangent): the Jacobian-vector product, of the structure, shapes and types of the value.

    Raises:
        DTypeError: for a primal that is not floating-point. ShapeError: for tangents that are not like the primals.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> xp.jvp(lambda x: x**2, (np.asarray([1.0, 2.0]),), (np.asarray([1.0, 10.0]),))
        (array([1., 4.]), array([ 2., 40.]))
    """
    if not (
        isinstance(primals, (tuple, list)) and isinstance(tangents, (tuple, list)) and len(primals) == len(tangents)
    ):
        raise TypeError("jvp takes a tuple of primals and a tuple of as many tangents")
    refuse_texts("jvp", has_aux=has_aux)
    call = Call("jvp", primals, {}, range(len(primals)))
    given = _directions(call, tangents, "jvp")
    with forward_mode():
        result = call.run(function)
    value, aux = paired("jvp", result) if has_aux else (result, None)
    outs, structure = flatten(value)
    outs = [require_array("jvp", out) for out in outs]
    inside = call.is_inside([*outs, *flatten(aux)[0]]) or (call.recording and any(t._node is not None for t in given))
    results = [call.given_back(unflatten(structure, x), inside) for x in (outs, _pushed(call, outs, given, inside))]
    return (*results, call.given_back(aux, inside)) if has_aux else tuple(results)


def _directions(call: Call, tangents: Sequence[Any], name: str) -> list[Any]:
    """A tangent for each input of a call."""
    given: list[Any] = []
    left = iter(call.inputs)
    for structure, tangent in zip(call.structures, tangents, strict=True):
        own = [next(left) for _ in range(count_leaves(structure))]
        given += like(own, structure, tangent, f"the tangent of {name}")
    call.given.update(id(t._data) for t in given)
    return given


def _pushed(call: Call, outs: Sequence[Any], given: Sequence[Any], inside: bool) -> list[Any]:
    """The tangents of what a call gave, for those of its inputs."""
    known = {x._node: t for x, t in zip(call.inputs, given, strict=True)}
    found = push_forward([out._node for out in outs], known, inside)
    return [
        frontend.xp.zeros_like(frontend.array(out._data, out._device)) if t is None else t
        for out, t in zip(outs, found, strict=True)
    ]


def linearize(function: Callable[[*Ts], R], *primals: *Ts) -> tuple[R, Callable[[*Ts], R]]:
    """The value of `function`, and its derivative there: a linear function that pushes tangents forward.

    Args:
        function: of pytrees of arrays; gives a pytree of arrays of any shapes. It runs once.
        primals: its arguments.

    Returns:
        (value, push): `push(*tangents)`, of pytrees like the primals, gives the Jacobian-vector product, as `jvp` does.
        It may be called any number of times.

    Raises:
        DTypeError: for a primal that is not floating-point. ShapeError: for tangents that are not like the primals.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> value, push = xp.linearize(lambda x: x**2, np.asarray([1.0, 2.0]))
        >>> push(np.asarray([1.0, 0.0])), push(np.asarray([0.0, 1.0]))
        (array([2., 0.]), array([0., 4.]))
    """
    call = Call("linearize", primals, {}, range(len(primals)))
    with forward_mode():
        value = call.run(function)
    outs, structure = flatten(value)
    outs = [require_array("linearize", out) for out in outs]
    inside = call.is_inside(outs)

    def push(*tangents: *Ts) -> R:
        if len(tangents) != len(primals):
            raise TypeError(f"linearize: push takes a tangent for each of {len(primals)} primals; got {len(tangents)}")
        given = _directions(call, tangents, "linearize")
        record = bool(is_recording()) and (inside or any(t._node is not None for t in given))
        back: R = call.given_back(unflatten(structure, _pushed(call, outs, given, record)), record)
        return back

    return call.given_back(unflatten(structure, outs), inside), push


def elementwise_grad(function: Callable[P, Any], argnums: int | Sequence[int] = 0) -> Callable[P, Any]:
    """A function that gives the derivative of each element: of a `function` that works element by element.

    Args:
        function: of pytrees of arrays; gives a real floating-point array of any shape.
        argnums: which positional arguments are differentiated; a tuple gives a tuple of derivatives.

    Returns:
        a function of the same arguments: the gradient of the sum of what `function` gives, of the argument's structure,
        shapes and types. It is the derivative of each element where no element depends on another's argument.

    Raises:
        as `grad`.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> xp.elementwise_grad(lambda x: x**3)(np.asarray([1.0, 2.0]))
        array([ 3., 12.])
    """

    def total(*args: P.args, **kwargs: P.kwargs) -> Any:
        return frontend.xp.sum(require_array("elementwise_grad", function(*args, **kwargs)))

    return functools.wraps(function)(grad(total, argnums))


def stop_gradient(tree: R) -> R:
    """The same values, which no derivative sees: `x.detach()` for each Array of a pytree; anything else as it is.

    Shapes and types: those of the tree.

    Example:
        >>> import xnn as xp
        >>> xp.grad(lambda x: x * xp.stop_gradient(x))(3.0).item()
        3.0
    """
    leaves, structure = flatten(tree)
    off = [frontend.array(x._data, x._device) if isinstance(x, Tracked) else x for x in leaves]
    back: R = unflatten(structure, off)
    return back


def hvp(function: Callable[[*Ts], Any], primals: tuple[*Ts], tangents: tuple[*Ts]) -> tuple[*Ts]:
    """The product of the Hessian of `function`, which is symmetric, with a direction: the gradient, pulled back.

    Args:
        function: of pytrees of arrays; gives a real array of shape ().
        primals: its arguments, a tuple.
        tangents: the direction, a tuple of pytrees like the primals.

    Returns:
        a tuple of pytrees like the primals.

    Example:
        >>> import numpy as np
        >>> import xnn as xp
        >>> xp.hvp(lambda x: xp.sum(x**3), (np.asarray([1.0, 2.0]),), (np.asarray([1.0, 1.0]),))
        (array([ 6., 12.]),)
    """
    gradient: Callable[[*Ts], tuple[*Ts]] = grad(function, argnums=tuple(range(len(primals))))
    _, pull = vjp(gradient, *primals)
    return pull(tuple(tangents))
