"""A primitive: one differentiable operation, its forward pass and its derivative side by side."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Generator, Sequence
from contextvars import ContextVar
from itertools import repeat
from typing import Any, Concatenate, Generic, ParamSpec

from xnn.errors import DTypeError
from xnn_backends import Backend, Device, DeviceMismatchError, backend_of, why_not
from xnn_backends.dtypes import DType
from xnn_backends.protocol import Kernel

from . import operands
from .computing import compute, compute_again
from .graph import FORWARD, OFF, Node, Output, Spec, Tracked, Vertex, frontend, is_recording
from .operands import NO_ARRAY, SETTLED, settled, with_types
from .refusals import refuse, refuse_texts

P = ParamSpec("P")
SCALARS = operands.SCALARS
SCALAR = Spec((), None)
KEEP_ALL, KEEP_NONE = repeat(True), repeat(False)
Rule = Callable[..., Any]
Promotion = Callable[[Device, Sequence[Any], list[Any]], Sequence[Any]]
Explanation = Callable[[Sequence[tuple[int, ...]], dict[str, Any]], object]


class Primitive(Generic[P]):
    """An operation on arrays, with its derivative. Made by `primitive` or `fused`, and called as a function.

    The positional-only parameters of its definition are arrays (`*arrays` too); the others are
    static. Raw arrays of any backend give a raw array; with an Array among them, an Array.

    Attributes:
        name: of the definition; backends' kernels are found by it, for xnn's own primitives.
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
            back the same object where nothing is to be cast. With an attribute `keeps_floats` it is not even asked
            where the arrays have one real floating type, and scalars are Python's ints and floats; with
            one that `sees_scalars`, there must be none of these.
        kernel: an override for all backends; a backend's own comes first.
        explain: `explain(shapes, static)`, asked after a call has failed: raises the error that says why, if shapes
            and options are the reason; `refusals.refuse` has words for others.
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
        explain: Explanation | None = None,
        is_fused: bool = False,
    ) -> None:
        functools.update_wrapper(self, forward)
        self.name = forward.__name__
        self.forward = forward
        self.rules = tuple(rules)
        self.joint = joint
        self.has_rules_only = bool(self.rules) and joint is None and not is_fused
        self.promote = promote
        self.keeps_floats = getattr(promote, "keeps_floats", False)
        self.takes_scalars = not getattr(promote, "sees_scalars", False)
        self.is_differentiable = bool(self.rules or joint or is_fused)
        self.definition: Callable[..., Sequence[Any]] | None = self._definition if is_fused else None
        self.kernel = kernel
        self.explain = explain
        self.kind = kind
        # By hand: `import xnn` would feel inspect.signature of every primitive.
        code = forward.__code__
        count, positional = code.co_posonlyargcount, code.co_argcount
        parameters = code.co_varnames[1 : positional + code.co_kwonlyargcount]  # without xp
        defaults = forward.__defaults__ or ()
        self.variadic = bool(code.co_flags & inspect.CO_VARARGS)
        names = parameters[: max(count - 1, 0)]
        self.arity = len(names)
        self.optional = max(len(defaults) - (positional - count), 0) if count else 0
        self.static_names = parameters[self.arity :]
        self.static_positional = parameters[self.arity : max(positional - 1, self.arity)]
        last = self.static_positional[::-1]
        self.defaults = dict(reversed([*zip(last, reversed(defaults), strict=False)])) | (forward.__kwdefaults__ or {})
        self.takes_dtype = "dtype" in self.static_names
        self.flags = [name for name in self.static_names if forward.__annotations__.get(name) in (bool, "bool")]
        self.settled_types = SETTLED - {str} if self.flags else SETTLED
        kept = keeps.split()
        self.keeps_out = "out" in kept
        self.kept = tuple(name in kept for name in names)
        self.kernels_found: dict[Backend, Kernel | None] = {}

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        signature = inspect.signature(self.forward)
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    def _definition(self, node: Node, *args: Any) -> tuple[Any, ...]:
        """What a fused primitive stands for, on Arrays."""
        out = self.forward(frontend.xp, *args, **node.static)
        return out if isinstance(out, tuple) else (out,)

    def __repr__(self) -> str:
        return f"<xnn function {self.name}{self.__signature__}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Any:
        extra = len(args) - self.arity
        if extra and not self.variadic:
            if extra < 0:
                if extra < -self.optional:
                    self.__signature__.bind(*args, **kwargs)  # raises, and names what is missing
                args = (*args, *(None,) * -extra)  # type: ignore[assignment]  # arrays that are optional
            else:  # static arguments that were given by position
                if extra > len(self.static_positional):
                    self.__signature__.bind(*args, **kwargs)
                given = dict(zip(self.static_positional, args[self.arity :], strict=False))
                if kwargs:
                    if given.keys() & kwargs.keys():
                        self.__signature__.bind(*args, **kwargs)
                    given |= kwargs
                kwargs = given  # type: ignore[assignment]
                args = args[: self.arity]  # type: ignore[assignment]
        if not kwargs:
            return _door(self, args, self.defaults)
        static = {**self.defaults, **kwargs} if self.defaults else kwargs
        for value in kwargs.values():
            if type(value) not in self.settled_types:
                static = {name: settled(value) for name, value in static.items()}
                refuse_texts(self.name.lstrip("_"), **{flag: static.get(flag) for flag in self.flags})
                break
        return _door(self, args, static)

    def kernel_for(self, backend: Backend) -> Kernel | None:
        """The backend's own kernel, else the one for all; a user's primitive is not taken for xnn's of that name."""
        if backend not in self.kernels_found:
            is_own = self.forward.__module__.startswith("xnn.")
            self.kernels_found[backend] = backend.kernels.get(self.name, self.kernel) if is_own else self.kernel
        return self.kernels_found[backend]


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
    """Call a primitive: lift, promote, compute, record. Small arrays feel each line: one look at each operand."""
    raws: list[Any] = []
    parents: list[Vertex | None] = []
    device: Device | None = None
    dtype: Any = None
    is_array = on_graph = is_users = is_typed = False
    is_one_dtype = True
    for arg in args:
        if isinstance(arg, Tracked):
            is_array = True
            raw, found = arg._data, arg._device
            node = arg._node
            if node is not None:
                on_graph = True
            parents.append(node)
        else:
            parents.append(None)
            if type(arg) in SCALARS or (arg is None and primitive.optional):
                raws.append(arg)
                if type(arg) is bool or type(arg) is complex or not primitive.takes_scalars:
                    is_one_dtype = False
                continue
            raw, lifted = lift(arg, primitive.name)
            if lifted is None:
                raws.append(raw)
                is_one_dtype, is_typed = False, True
                continue
            found, is_users = lifted, True
        raws.append(raw)
        if device is not found:
            if device is not None:
                raise mismatch(primitive.name, device, found)
            device = found
        if dtype is None:
            dtype = raw.dtype
        elif raw.dtype is not dtype:
            is_one_dtype = False
    if device is None:
        came = ", ".join(type(a).__name__ for a in args) or "nothing"
        raise DTypeError(
            f"{primitive.name.lstrip('_')} needs at least one array; got {came}. Cure: xnn.asarray(...) of one."
        )
    backend = device.backend
    is_settled = is_one_dtype and dtype in backend.real_floating
    if primitive.promote is not None and not (is_settled and primitive.keeps_floats):
        if is_typed and dtype not in backend.real_floating and (typed := with_types(args, raws, device)) is not args:
            return apply(primitive, typed, static)
        promoted = primitive.promote(device, args, raws)
        if promoted is not args:
            return apply(primitive, promoted, static)
    record = is_recording() if on_graph else OFF
    kernels = primitive.kernels_found
    kernel = kernels[backend] if backend in kernels else primitive.kernel_for(backend)
    if record and primitive.definition is not None and kernel is None:
        # A step of the definition may take raw arrays alone, beside those that are Arrays: so all are.
        lifted_args = [
            arg if isinstance(arg, Tracked) or type(raw) in NO_ARRAY else frontend.array(copied(raw, device), device)
            for arg, raw in zip(args, raws, strict=True)
        ]
        return primitive.forward(frontend.xp, *lifted_args, **static)
    if primitive.takes_dtype and isinstance(static["dtype"], DType):
        static = {**static, "dtype": backend.raw_dtype(static["dtype"])}
    if record and is_users and kernel is not None and kernel.vjp is not None:
        # Before it keeps what the user may write to.
        raws = [_own(raw, arg, device) for raw, arg in zip(raws, args, strict=True)]
    residual = None
    try:
        if device.needs_scope:
            with device.scope():
                out, residual = compute(primitive.forward, kernel, backend.xp, raws, static, record)
        elif kernel is None:
            out = primitive.forward(backend.xp, *raws, **static)
        else:
            out, residual = compute(primitive.forward, kernel, backend.xp, raws, static, record)
    except FloatingPointError:
        out, residual = compute_again(primitive.forward, kernel, backend, raws, static, record)
    except Exception as error:
        refuse(error, primitive, device, raws, static)
    is_tuple = False
    if type(out) is not backend.array_type:
        is_tuple = isinstance(out, tuple)
        out = tuple(map(backend.normalise, out)) if is_tuple else backend.normalise(out)
    if not is_array:
        return out
    if (
        not record
        or not primitive.is_differentiable
        or not (is_tuple or (is_settled and out.dtype is dtype) or backend.dtype_of(out).is_floating)
    ):
        return tuple(frontend.array(x, device) for x in out) if is_tuple else frontend.array(out, device)
    # All inputs are kept where derivatives of higher order differentiate the definition of what has a kernel.
    has_definition = kernel is not None and kernel.vjp is not None and primitive.definition is not None
    kept = KEEP_ALL if has_definition else primitive.kept or KEEP_NONE
    inputs: list[Any] = []
    spec: Spec | None = None
    for arg, raw, keep, parent in zip(args, raws, kept, parents, strict=False):
        if parent is None:
            inputs.append(_kept(arg, raw, keep, device))
        elif keep:
            inputs.append(raw)
        else:
            if spec is None or not is_one_dtype or spec.shape != raw.shape:
                spec = Spec(raw.shape, raw.dtype)
            inputs.append(spec)
    new = Node(primitive, device, parents, inputs, out if primitive.keeps_out else None, static, kernel, residual)
    if record == FORWARD:
        new.spec = tuple(Spec(x.shape, x.dtype) for x in out) if is_tuple else Spec(out.shape, out.dtype)
    return outputs_of(new, out) if is_tuple else frontend.array(out, device, new)


Door = Callable[[Primitive[Any], Sequence[Any], dict[str, Any]], Any]
_door: Door = apply
# What the door goes by in this context: xnn.amp's mode, entered while it is to hold; None: nothing.
casting: ContextVar[Any] = ContextVar("xnn casting", default=None)


def put_door(door: Door | None) -> None:
    """Send the calls of all primitives through `door(primitive, args, static)`, which ends in `apply`; None: no longer.

    A name that is bound anew, so that calls pay nothing while there is none.
    """
    global _door
    _door = apply if door is None else door


@contextlib.contextmanager
def cast_by(mode: Any) -> Generator[None]:
    """Go by what `casting` held at another time; by nothing for None, as derivatives do, whose types are settled."""
    again = None if mode is None else mode.apart()
    token = casting.set(again)
    try:
        with contextlib.nullcontext() if again is None else again:
            yield
    finally:
        casting.reset(token)


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
    if not keep:
        return (None if raw is None else SCALAR) if type(raw) in NO_ARRAY else Spec(raw.shape, raw.dtype)
    return _own(raw, arg, device)


def _own(raw: Any, arg: Any, device: Device) -> Any:
    """The raw form of an operand, in memory that the user does not see."""
    return copied(raw, device) if raw is arg and type(raw) not in NO_ARRAY else raw


def copied(raw: Any, device: Device) -> Any:
    """A copy of what belongs to the user, who may write to it before the backward pass reads it."""
    with device.scope():
        return device.backend.xp.asarray(raw, copy=True)


def device_of(x: Any, name: str) -> Device:
    """The device of an Array, or of a raw array of any backend."""
    device = x._device if isinstance(x, Tracked) else lift(x, name)[1]
    if device is None:
        raise DTypeError(f"{name} takes an array; got {type(x).__name__}. Cure: xnn.asarray(...) first.")
    return device


def lift(arg: Any, name: str) -> tuple[Any, Device | None]:
    """A raw array and its device, or the Python scalar that a library's scalar stands for."""
    backend = backend_of(arg)
    if backend is not None:
        return arg, backend.device_of(arg)
    if not (why := why_not(arg)):
        if getattr(arg, "shape", None) == () and hasattr(arg, "item"):
            arg = arg.item()  # a NumPy scalar
        if isinstance(arg, SCALARS):
            return arg, None
        why = "Cure: xnn.asarray(...) first."
    raise DTypeError(f"{name.lstrip('_')} takes arrays and Python scalars; got {type(arg).__name__}. {why}")


def mismatch(name: str, one: Device, other: Device) -> DeviceMismatchError:
    """The error for arrays of two devices in one operation."""
    name = name.lstrip("_")
    return DeviceMismatchError(
        f"{name} works on arrays of one device; got {one} and {other}. Cure: x.to_device('{one}') moves one over."
    )
