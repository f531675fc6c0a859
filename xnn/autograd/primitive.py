"""A primitive: one differentiable operation, its forward pass and its derivative side by side."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Generic, ParamSpec

from xnn_backends import Backend, Device, DeviceMismatchError, backend_of
from xnn_backends.dtypes import DType
from xnn_backends.protocol import Kernel

from .graph import FORWARD, OFF, Node, Output, Spec, Tracked, frontend, is_recording

P = ParamSpec("P")
SCALARS = (float, int, bool, complex)
NO_SCOPE = contextlib.nullcontext()
Rule = Callable[..., Any]
Promotion = Callable[[Device, Sequence[Any], list[Any]], Sequence[Any]]


class Primitive(Generic[P]):
    """An operation on arrays, with its derivative. Made by `primitive` or `fused`, and called as a function.

    The positional-only parameters of its definition are arrays (`*arrays` too); the others are
    static. Raw arrays of any backend give a raw array; with an Array among them, an Array.

    Attributes:
        name: of the definition; kernels are found by it.
        forward: `forward(xp, *arrays, **static)`, in functions of `xp` alone.
        rules: for each input None (no derivative) or `rule(xp, g, out, *arrays, **static)`, the cotangent of that input
            when `g` is that of the output; the engine sums over broadcast dimensions. Where the forward pass gives a
            tuple, `g` is one too, with None for what nothing depends on.
        joint: in the place of rules, `joint(xp, needs, g, out, *arrays, **static)`: a tuple.
        kind: how a tangent goes forward. "elementwise": an element of the output depends on that element of each input
            alone, so a rule serves with the tangent in the place of `g`. "linear": the function itself, of the tangents
            of all arrays that have a rule. "multilinear": the sum of the function with one tangent at a time. None: the
            engine transposes the rule.
        keeps: which inputs (by name) and whether the output ("out") the derivative reads. It gets
            a Spec in the place of every other: shape and dtype without values.
        promote: `promote(device, operands, raws)` casts operands before the forward pass; it gives
            back the same object where nothing is to be cast.
        kernel: an override for all backends; a backend's own comes first.
        definition: `definition(node, *arrays)`, the outputs in other primitives, which are differentiated in the place
            of rules; None for what has rules.

    Cotangents of complex arrays are bilinear inside of the engine: a rule is the plain transpose of the derivative, so
    `g * cos(x)` serves complex x as well. The doors (backward, vjp, ...) conjugate: there, gradients are PyTorch's.
    """

    def __init__(
        self,
        forward: Callable[Concatenate[Any, P], Any],
        *,
        rules: Sequence[Rule | None] = (),
        joint: Rule | None = None,
        keeps: str = "",
        promote: Promotion | None = None,
        kernel: Kernel | None = None,
        kind: str | None = None,
        is_fused: bool = False,
    ) -> None:
        functools.update_wrapper(self, forward)
        signature = inspect.signature(forward)
        parameters = list(signature.parameters.values())[1:]
        self.__signature__ = signature.replace(parameters=parameters)
        self.name = forward.__name__
        self.forward = forward
        self.rules = tuple(rules)
        self.joint = joint
        self.promote = promote
        self.definition: Callable[..., Sequence[Any]] | None = self._definition if is_fused else None
        self.kernel = kernel
        self.kind = kind
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        names = [p.name for p in parameters if p.kind is p.POSITIONAL_ONLY]
        self.arity = len(names)
        self.optional = sum(p.default is not p.empty for p in parameters if p.kind is p.POSITIONAL_ONLY)
        self.static_names = [p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        self.static_positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        self.defaults = {
            p.name: p.default for p in parameters if p.name in self.static_names and p.default is not p.empty
        }
        kept = keeps.split()
        self.keeps_out = "out" in kept
        self.kept = tuple(name in kept for name in names)
        self._kernels: dict[Backend, Kernel | None] = {}

    def _definition(self, node: Node, *args: Any) -> tuple[Any]:
        """What a fused primitive stands for, on Arrays."""
        return (self.forward(frontend.xp, *args, **node.static),)

    def __repr__(self) -> str:
        return f"<xnn function {self.name}{self.__signature__}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        arity = self.arity
        if not self.variadic and len(args) != arity:
            if arity - self.optional <= len(args) < arity:
                args = (*args, *(None,) * (arity - len(args)))  # type: ignore[assignment]  # arrays that are optional
            else:
                return self._bind(args, kwargs)
        if self.defaults:
            kwargs = {**self.defaults, **kwargs}  # type: ignore[assignment]  # static arguments only
        return apply(self, args, kwargs)

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Static arguments that were given by position."""
        extra = args[self.arity :]
        if len(args) < self.arity or len(extra) > len(self.static_positional):
            self.__signature__.bind(*args, **kwargs)  # raises, and names what is missing
        return self(*args[: self.arity], **dict(zip(self.static_positional, extra, strict=False)), **kwargs)

    def kernel_for(self, backend: Backend) -> Kernel | None:
        """The backend's own kernel, else the one for all."""
        if backend not in self._kernels:
            self._kernels[backend] = backend.kernels.get(self.name, self.kernel)
        return self._kernels[backend]


def primitive(*rules: Rule | None, **options: Any) -> Callable[[Callable[Concatenate[Any, P], Any]], Primitive[P]]:
    """Make a primitive of a function `f(xp, *arrays, **static)`; see Primitive for rules and options.

    Example:
        >>> from xnn.autograd import primitive
        >>> import xnn as xp
        >>> @primitive(lambda xp, g, out, x: 3 * g * x**2, keeps="x")
        ... def cube(xp, x, /):
        ...     return x**3
        >>> x = xp.asarray(2.0, requires_grad=True)
        >>> cube(x).backward()
        >>> float(x.grad)
        12.0
    """
    return lambda forward: Primitive(forward, rules=rules, **options)


def fused(**options: Any) -> Callable[[Callable[Concatenate[Any, P], Any]], Primitive[P]]:
    """Make one operation of several, for the sake of its kernels.

    The function is the definition, in other primitives: `f(xp, *arrays, **static)`. Where a kernel
    is found it does the work and gives the first derivative; otherwise, and for derivatives of
    higher order, the definition is recorded and differentiated, so no derivative is written twice.
    """
    return lambda forward: Primitive(forward, is_fused=True, **options)


def apply(primitive: Primitive[Any], args: Sequence[Any], static: dict[str, Any]) -> Any:
    """Call a primitive: lift, promote, compute, record."""
    raws: list[Any] = []
    device: Device | None = None
    is_array = on_graph = False
    for arg in args:
        if isinstance(arg, Tracked):
            is_array = True
            on_graph |= arg._node is not None
            raws.append(arg._data)
            found = arg._device
        elif type(arg) in SCALARS or arg is None:
            raws.append(arg)
            continue
        else:
            raw, lifted = lift(arg, primitive.name)
            raws.append(raw)
            if lifted is None:
                continue
            found = lifted
        if device is not found:
            if device is not None:
                raise mismatch(primitive.name, device, found)
            device = found
    if device is None:
        raise TypeError(f"{primitive.name} needs at least one array; got {', '.join(type(a).__name__ for a in args)}")
    if primitive.promote is not None:
        promoted = primitive.promote(device, args, raws)
        if promoted is not args:
            return apply(primitive, promoted, static)
    return _compute(primitive, args, raws, static, device, is_array, is_recording() if on_graph else OFF)


def _compute(
    primitive: Primitive[Any],
    args: Sequence[Any],
    raws: list[Any],
    static: dict[str, Any],
    device: Device,
    is_array: bool,
    record: int,
) -> Any:
    backend = device.backend
    kernel = primitive.kernel_for(backend)
    if record and primitive.definition is not None and kernel is None:
        return primitive.forward(frontend.xp, *args, **static)
    if isinstance(static.get("dtype"), DType):
        static = {**static, "dtype": backend.raw_dtype(static["dtype"])}
    residual = None
    with device.scope() if device.needs_scope else NO_SCOPE:
        if kernel is None:
            out = primitive.forward(backend.xp, *raws, **static)
        else:
            out, residual = kernel.forward(backend.xp, *raws, **static)
    is_tuple = type(out) is not backend.array_type and isinstance(out, tuple)
    if is_tuple:
        out = tuple(map(backend.normalise, out))
    elif not isinstance(out, backend.array_type):
        out = backend.normalise(out)
    if not is_array:
        return out
    if not (record and (primitive.definition or primitive.rules or primitive.joint)):
        return tuple(frontend.array(x, device) for x in out) if is_tuple else frontend.array(out, device)
    if not (is_tuple or backend.dtype_of(out).is_floating):
        return frontend.array(out, device)
    parents = tuple([arg._node if isinstance(arg, Tracked) else None for arg in args])
    # A kernel's inputs are all kept: derivatives of higher order differentiate the definition.
    is_opaque = kernel is not None and kernel.vjp is not None
    kept = (True,) * len(raws) if is_opaque else primitive.kept or (False,) * len(raws)
    inputs = tuple([_kept(arg, raw, keep, device) for arg, raw, keep in zip(args, raws, kept, strict=True)])
    node = Node(primitive, device, parents, inputs, out if primitive.keeps_out else None, static, kernel, residual)
    if record == FORWARD:
        node.spec = tuple(Spec(x.shape, x.dtype) for x in out) if is_tuple else Spec(out.shape, out.dtype)
    return outputs_of(node, out) if is_tuple else frontend.array(out, device, node)


def outputs_of(node: Node, outs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The Arrays of a node with several outputs; those that are not floating are off the graph."""
    node.count = len(outs)
    backend = node.device.backend
    return tuple(
        frontend.array(x, node.device, Output(node, i, x.shape) if backend.dtype_of(x).is_floating else None)
        for i, x in enumerate(outs)
    )


def _kept(arg: Any, raw: Any, keep: bool, device: Device) -> Any:
    """What a node holds of an operand."""
    if raw is None or type(raw) in SCALARS:
        return raw if keep or raw is None else Spec((), None)
    if not keep:
        return Spec(raw.shape, raw.dtype)
    return raw if isinstance(arg, Tracked) else copied(raw, device)


def copied(raw: Any, device: Device) -> Any:
    """A copy of what belongs to the user, who may write to it before the backward pass reads it."""
    with device.scope():
        return device.backend.xp.asarray(raw, copy=True)


def device_of(x: Any, name: str) -> Device:
    """The device of an Array, or of a raw array of any backend."""
    device = x._device if isinstance(x, Tracked) else lift(x, name)[1]
    if device is None:
        raise TypeError(f"{name} takes an array; got {type(x).__name__}. Cure: xnn.asarray(...) first.")
    return device


def lift(arg: Any, name: str) -> tuple[Any, Device | None]:
    """A raw array and its device, or the Python scalar that a library's scalar stands for."""
    backend = backend_of(arg)
    if backend is not None:
        return arg, backend.device_of(arg)
    if getattr(arg, "shape", None) == () and hasattr(arg, "item"):
        return arg.item(), None  # a NumPy scalar: weak, as the Python scalar is
    if isinstance(arg, SCALARS):
        return arg, None
    raise TypeError(f"{name} takes arrays and Python scalars; got {type(arg).__name__}. Cure: xnn.asarray(...) first.")


def mismatch(name: str, one: Device, other: Device) -> DeviceMismatchError:
    """The error for arrays of two devices in one operation."""
    return DeviceMismatchError(
        f"{name} works on arrays of one device; got {one} and {other}. Cure: x.to_device('{one}') moves one over."
    )
