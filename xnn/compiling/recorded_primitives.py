"""Recorded forms of primitives: the same ones, whose functions are recorded when they are called on raw arrays.

A node of the graph that a call of such a form made holds the form, so the backward pass is recorded without knowing
of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xnn.autograd.graph import frontend
from xnn.autograd.primitive import Primitive
from xnn_backends import Backend, backend_of
from xnn_backends.protocol import Kernel

from .namespaces import unwrapped
from .objects import flat
from .recorder import Recorder
from .values import Register, Residual, registers_in

Function = Callable[..., Any]
# Of their results, the shape depends on values: a replay holds it against the recorded one.
COUNTED = frozenset(["nonzero", "_unique"])
MASKED = frozenset(["_getitem"])  # where a mask is in the key
MASKED_RULES = frozenset(["_setitem", "_scatter_add"])  # of their rules, where a mask is in the key: what was written

_forms: dict[Primitive[..., Any], Primitive[..., Any]] = {}  # a form's is itself


class Current:
    """The recorder of the process, of which there is one at a time."""

    recorder: Recorder | None = None


def recording() -> Recorder | None:
    """The recorder that is to write down what this thread does now."""
    recorder = Current.recorder
    return recorder if recorder is not None and recorder.is_on() else None


def recorded_form(primitive: Primitive[..., Any]) -> Primitive[..., Any]:
    """The recorded form of a primitive; a form's is itself."""
    if primitive not in _forms:
        form: Primitive[..., Any] = object.__new__(type(primitive))
        form.__dict__.update(primitive.__dict__)
        form.forward = _forward(primitive)
        form.rules = tuple(None if rule is None else _rule(primitive, rule) for rule in primitive.rules)
        form.joint = None if primitive.joint is None else seen(primitive.joint)
        form.kernels_found = {}
        kernels: dict[Backend, Kernel | None] = {}

        def kernel_for(backend: Backend) -> Kernel | None:
            if backend not in kernels:
                found = primitive.kernel_for(backend)
                kernels[backend] = None if found is None else _kernel(found)
            return kernels[backend]

        form.kernel_for = kernel_for  # type: ignore[method-assign]
        _forms[primitive] = _forms[form] = form
    return _forms[primitive]


def seen(function: Function) -> Function:
    """A function of a namespace and raw arrays, recorded as one call; on Arrays each of its steps is."""

    def call(xp: Any, *args: Any, **static: Any) -> Any:
        recorder = recording()
        if recorder is None or xp is frontend.xp:
            return function(unwrapped(xp), *args, **static)
        return recorder.call(function, (unwrapped(xp), *args), static, is_rule=True)

    return call


def _forward(primitive: Primitive[..., Any]) -> Function:
    def call(xp: Any, *raws: Any, **static: Any) -> Any:
        recorder = recording()
        if recorder is None or xp is frontend.xp:
            return primitive.forward(unwrapped(xp), *raws, **static)
        out = recorder.call(
            primitive.forward, (unwrapped(xp), *raws), static, is_rule=True, normal=lambda out: _normal(out, raws)
        )
        if primitive.name in COUNTED or (primitive.name in MASKED and _has_mask(static["key"])):
            _expect_shapes(recorder, out)
        return out

    return call


def _rule(primitive: Primitive[..., Any], rule: Function) -> Function:
    if primitive.name not in MASKED_RULES:
        return seen(rule)

    def call(xp: Any, *args: Any, **static: Any) -> Any:
        recorder = recording()
        out = recorded(xp, *args, **static)
        if recorder is not None and xp is not frontend.xp and _has_mask(static["key"]):
            _expect_shapes(recorder, out)
        return out

    recorded = seen(rule)
    return call


def _normal(out: Any, raws: Sequence[Any]) -> tuple[Any, Function | None]:
    """Arrays in the place of the scalars that a library gave, and what makes them.

    Scalars can't be followed by their identity: NumPy has one True.
    """
    backend = next((found for raw in raws if (found := backend_of(raw)) is not None), None)
    parts = out if isinstance(out, tuple) else (out,)
    if backend is None or all(type(part) is backend.array_type for part in parts):
        return out, None
    normalise = type(backend).normalise.__get__(backend)
    if not isinstance(out, tuple):
        return normalise(out), normalise

    def each(out: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(map(normalise, out))

    return each(out), each


def _has_mask(key: Any) -> bool:
    return any(str(getattr(k, "dtype", "")).endswith("bool") for k in flat([key]))


def _expect_shapes(recorder: Recorder, out: Any) -> None:
    """Let a replay hold the shapes of what the last call gave against the recorded ones."""
    if recorder.reason is None:
        call: Any = recorder.instructions[-1]
        call.shapes = tuple(zip(registers_in(call.out), [x.shape for x in flat([out])], strict=True))


def _kernel(kernel: Kernel) -> Kernel:
    """A kernel whose passes are recorded."""

    def forward(xp: Any, *raws: Any, **static: Any) -> tuple[Any, Any]:
        recorder = recording()
        if recorder is None:
            return kernel.forward(unwrapped(xp), *raws, **static)
        register = Register()
        out, residual = recorder.call(
            kernel.forward,
            (unwrapped(xp), *raws),
            static,
            is_rule=True,
            normal=lambda both: normal(both, raws),
            pattern=lambda both: (recorder.outputs(both[0]), register),
        )
        return out, Residual(residual, register)

    def normal(both: tuple[Any, Any], raws: Sequence[Any]) -> tuple[Any, Function | None]:
        out, normalise = _normal(both[0], raws)
        return (out, both[1]), None if normalise is None else lambda found: (normalise(found[0]), found[1])

    def vjp(xp: Any, residual: Any, g: Any, needs: Sequence[bool], *raws: Any, **static: Any) -> Sequence[Any]:
        assert kernel.vjp is not None
        recorder = recording()
        if recorder is None:
            value = residual.value if isinstance(residual, Residual) else residual
            return kernel.vjp(unwrapped(xp), value, g, needs, *raws, **static)
        found: Sequence[Any] = recorder.call(
            kernel.vjp, (unwrapped(xp), residual, g, needs, *raws), static, is_rule=True
        )
        return found

    return kernel._replace(
        forward=forward,
        vjp=None if kernel.vjp is None else vjp,
        infer=None if kernel.infer is None else seen(kernel.infer),
    )
