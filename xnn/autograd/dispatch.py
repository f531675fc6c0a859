"""How a primitive is called: its operands are lifted and promoted, the result computed and, on the graph, recorded."""

from __future__ import annotations

import contextlib
from collections.abc import Generator, Iterable, Sequence
from contextvars import ContextVar
from itertools import repeat
from typing import Any

from xnn.errors import DTypeError
from xnn_backends import Device
from xnn_backends.dtypes import DType
from xnn_backends.protocol import Kernel

from .computing import compute, compute_again
from .graph import FORWARD, OFF, Node, Operation, Output, Spec, Tracked, Vertex, frontend, is_recording
from .operands import (
    LISTS,
    NO_ARRAY,
    SCALARS,
    as_scalars_are,
    copied,
    is_container,
    lift,
    mismatch,
    owned,
    ufunc_of_container,
    with_arrays,
    with_types,
)
from .refusals import refuse

RAW, ARRAY, ON_GRAPH = 0, 1, 2  # what a call is of: raw arrays alone; Arrays, too; one that is on the graph
SCALAR = Spec((), None)
KEEP_ALL, KEEP_NONE = repeat(True), repeat(False)


def apply(operation: Operation, args: Sequence[Any], static: dict[str, Any]) -> Any:
    """Call an operation: the steps in their order. Small arrays feel each line, so each operand is looked at once."""
    raws, parents, device, dtype, kind, is_users = lift_operands(operation, args)
    if device is None:
        if (ufunc := ufunc_of_container(operation.name, args)) is not None:
            return ufunc(*args)
        return as_scalars_are(args, apply(operation, with_arrays(args, operation.name), static))
    backend = device.backend
    is_settled = dtype in backend.real_floating
    if operation.promote is not None and not (is_settled and operation.keeps_floats):
        promoted = promote_operands(operation, args, raws, device, dtype)
        if promoted is not args:
            return apply(operation, promoted, static)
    try:
        kernel = operation.kernels_found[backend]
    except KeyError:
        kernel = operation.kernel_for(backend)
    record = is_recording() if kind is ON_GRAPH else OFF
    if record:
        if kernel is None and operation.definition is not None:
            return record_definition(operation, args, raws, device, static)
        if is_users and kernel is not None and kernel.vjp is not None:
            # Before it keeps what the user may write to.
            raws = [owned(raw, arg, device) for raw, arg in zip(raws, args, strict=True)]
    if operation.takes_dtype and isinstance(static["dtype"], DType):
        static = {**static, "dtype": backend.raw_dtype(static["dtype"])}
    residual = None
    try:
        if device.needs_scope:
            with device.scope():
                out, residual = compute(operation.forward, kernel, backend.xp, raws, static, record)
        elif kernel is None:
            out = operation.forward(backend.xp, *raws, **static)
        else:
            out, residual = compute(operation.forward, kernel, backend.xp, raws, static, record)
    except FloatingPointError:
        out, residual = compute_again(operation.forward, kernel, backend, raws, static, record)
    except Exception as error:
        refuse(error, operation, device, raws, static)
    if type(out) is not backend.array_type:
        out = tuple(map(backend.normalise, out)) if isinstance(out, tuple) else backend.normalise(out)
    if kind is RAW:
        return out
    if record and operation.is_differentiable:
        return record_call(operation, kernel, args, raws, parents, device, static, out, residual, record)
    return tuple(frontend.array(x, device) for x in out) if isinstance(out, tuple) else frontend.array(out, device)


def lift_operands(
    operation: Operation, args: Sequence[Any]
) -> tuple[list[Any], list[Vertex | None], Device | None, Any, int, bool]:
    """What the operands are, found by one look at each.

    Returns:
        raw arrays and scalars; the nodes of the operands, or None; the device, or None where arrays are to be made
        first, as there is none, or a list; the type of all arrays if it is one and
        scalars are of kinds that keep it, otherwise None; RAW, ARRAY or ON_GRAPH: whether an operand is an Array, and
        whether one is on the graph; and whether one is a raw array, which belongs to the user.

    Raises:
        DTypeError: if there is no operand, or one that is no array.
        DeviceMismatchError: for arrays of two devices.
    """
    raws: list[Any] = []
    parents: list[Vertex | None] = []
    device: Device | None = None
    dtype: Any = None
    kind = RAW
    is_users, is_one_dtype = False, True
    for arg in args:
        if isinstance(arg, Tracked):
            raw, found = arg._data, arg._device
            node = arg._node
            if node is not None:
                kind = ON_GRAPH
            elif kind is RAW:
                kind = ARRAY
            parents.append(node)
        else:
            parents.append(None)
            if type(arg) in SCALARS or (arg is None and operation.optional):
                raws.append(arg)
                if type(arg) is bool or type(arg) is complex or not operation.takes_scalars:
                    is_one_dtype = False
                continue
            if isinstance(arg, LISTS) or is_container(arg):
                return raws, parents, None, None, kind, False
            raw, lifted = lift(arg, operation.name)
            if lifted is None:  # a library's scalar, which may have a type of its own
                raws.append(raw)
                is_one_dtype = False
                continue
            found, is_users = lifted, True
        raws.append(raw)
        if device is not found:
            if device is not None:
                raise mismatch(operation.name, device, found)
            device = found
        if dtype is None:
            dtype = raw.dtype
        elif raw.dtype is not dtype:
            is_one_dtype = False
    if device is None and not any(arg is not None for arg in args):
        came = ", ".join(type(a).__name__ for a in args) or "nothing"
        raise DTypeError(
            f"{operation.name.lstrip('_')} needs at least one array; got {came}. Cure: xnn.asarray(...) of one."
        )
    return raws, parents, device, dtype if is_one_dtype else None, kind, is_users


def promote_operands(
    operation: Operation, args: Sequence[Any], raws: list[Any], device: Device, dtype: Any
) -> Sequence[Any]:
    """The operands cast as the operation wants them; `args` itself where nothing is to be cast."""
    if dtype is None and any(type(raw) in SCALARS and arg is not raw for raw, arg in zip(raws, args, strict=True)):
        first = next(raw.dtype for raw in raws if type(raw) not in NO_ARRAY)
        if first not in device.backend.real_floating and (typed := with_types(args, raws, device)) is not args:
            return typed
    return operation.promote(device, args, raws)  # type: ignore[misc]  # asked for before


def record_definition(
    operation: Operation, args: Sequence[Any], raws: list[Any], device: Device, static: dict[str, Any]
) -> Any:
    """The definition of a fused operation, whose steps are recorded in the place of the call.

    One of them may take raw arrays alone, beside those that are Arrays: so all are.
    """
    arrays = [
        arg if isinstance(arg, Tracked) or type(raw) in NO_ARRAY else frontend.array(copied(raw, device), device)
        for arg, raw in zip(args, raws, strict=True)
    ]
    return operation.forward(frontend.xp, *arrays, **static)


def record_call(
    operation: Operation,
    kernel: Kernel | None,
    args: Sequence[Any],
    raws: list[Any],
    parents: list[Vertex | None],
    device: Device,
    static: dict[str, Any],
    out: Any,
    residual: Any,
    record: int,
) -> Any:
    """The result as Arrays of a new node, which holds what the derivative reads; off the graph if it has none."""
    backend = device.backend
    is_tuple = isinstance(out, tuple)
    if not is_tuple and out.dtype not in backend.real_floating and not backend.dtype_of(out).is_floating:
        return frontend.array(out, device)
    # All inputs are kept where derivatives of higher order differentiate the definition of what has a kernel.
    keeps_all = operation.keeps_all or (
        kernel is not None and kernel.vjp is not None and operation.definition is not None
    )
    if keeps_all and None not in parents:
        inputs = raws
    elif len(raws) == 1:
        inputs = [Spec(raws[0].shape, raws[0].dtype)]
    else:
        inputs = kept_inputs(KEEP_ALL if keeps_all else operation.kept or KEEP_NONE, args, raws, parents, device)
    node = Node(operation, device, parents, inputs, out if operation.keeps_out else None, static, kernel, residual)
    if record == FORWARD:
        node.spec = tuple(Spec(x.shape, x.dtype) for x in out) if is_tuple else Spec(out.shape, out.dtype)
    return outputs_of(node, out) if is_tuple else frontend.array(out, device, node)


def kept_inputs(
    kept: Iterable[bool], args: Sequence[Any], raws: list[Any], parents: list[Vertex | None], device: Device
) -> list[Any]:
    """The raw operands, with a Spec in the place of each that the derivative does not read."""
    inputs: list[Any] = []
    spec: Spec | None = None
    for arg, raw, keep, parent in zip(args, raws, kept, parents, strict=False):
        if parent is not None and keep:
            inputs.append(raw)
        elif parent is None and type(raw) in NO_ARRAY:
            inputs.append(raw if keep or raw is None else SCALAR)
        elif keep:
            inputs.append(owned(raw, arg, device))
        else:
            if spec is None or spec.dtype is not raw.dtype or spec.shape != raw.shape:
                spec = Spec(raw.shape, raw.dtype)
            inputs.append(spec)
    return inputs


def outputs_of(node: Node, outs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The Arrays of a node with several outputs; those that are not floating are off the graph."""
    node.count = len(outs)
    backend = node.device.backend
    return tuple(
        frontend.array(x, node.device, Output(node, i, x.shape) if backend.dtype_of(x).is_floating else None)
        for i, x in enumerate(outs)
    )


# What the dispatcher goes by in this context: xnn.amp's mode, entered while it is to hold; None: nothing.
casting: ContextVar[Any] = ContextVar("xnn casting", default=None)


@contextlib.contextmanager
def cast_by(mode: Any) -> Generator[None]:
    """Go by what `casting` was at another time; by nothing for None, as derivatives do, whose types are settled."""
    again = None if mode is None else mode.apart()
    token = casting.set(again)
    try:
        with contextlib.nullcontext() if again is None else again:
            yield
    finally:
        casting.reset(token)
