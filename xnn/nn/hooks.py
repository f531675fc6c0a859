"""Hooks: functions that a module calls before and after its forward pass, and with its gradients."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from xnn.array_object import Array
from xnn.autograd import custom_vjp
from xnn.autograd.graph import is_recording
from xnn.errors import ShapeError

from .registry import Registry

if TYPE_CHECKING:
    from .module import Module

Hook = Callable[..., Any]
_keys = itertools.count()


class HookHandle:
    """What registering a hook gives: `remove()` takes it off again, as does the end of a `with` block.

    Shapes: none of its own.
    """

    def __init__(self, hooks: dict[int, Any], key: int) -> None:
        self._hooks, self._key = hooks, key

    def remove(self) -> None:
        """Take the hook off; a second time does nothing."""
        self._hooks.pop(self._key, None)

    def __enter__(self) -> HookHandle:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Hooks:
    """The hooks of one module, and a call with them."""

    def __init__(self) -> None:
        self.before: dict[int, tuple[Hook, bool]] = {}
        self.after: dict[int, tuple[Hook, bool]] = {}
        self.backward_before: dict[int, tuple[Hook, bool]] = {}
        self.backward: dict[int, tuple[Hook, bool]] = {}

    def add(self, kind: str, hook: Hook, with_kwargs: bool, prepend: bool) -> HookHandle:
        """Register a hook, the last of its kind or the first."""
        hooks: dict[int, tuple[Hook, bool]] = getattr(self, kind)
        key = next(_keys)
        old = dict(hooks)
        hooks[key] = (hook, with_kwargs)
        if prepend:  # in the same dict, which handles know
            for other, entry in old.items():
                del hooks[other]
                hooks[other] = entry
        return HookHandle(hooks, key)

    def call(self, module: Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The module's forward pass, between its hooks."""
        for hook, with_kwargs in list(self.before.values()):
            if with_kwargs:
                if (result := hook(module, args, kwargs)) is not None:
                    args, kwargs = _both(result)
            elif (result := hook(module, args)) is not None:
                args = result if isinstance(result, tuple) else (result,)
        watch = _Gradients(self, module) if (self.backward or self.backward_before) and is_recording() else None
        if watch is not None:
            args = watch.inputs(args)
        out = module.forward(*args, **kwargs)
        for hook, with_kwargs in list(self.after.values()):
            result = hook(module, args, kwargs, out) if with_kwargs else hook(module, args, out)
            if result is not None:
                out = result
        return out if watch is None else watch.outputs(out)


class Hooked(Registry):
    """What a module has for its hooks."""

    _hooks: Hooks | None = None

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call `hook(module, args)` before each forward pass; what it gives, but None, takes the place of args.

        Args:
            hook: with `with_kwargs`, `hook(module, args, kwargs)` gives None or (args, kwargs).
            prepend: before the hooks that are there.
            with_kwargs: whether it is shown the keywords.
        """
        return self._hooked("before", hook, with_kwargs, prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call `hook(module, args, output)` after each forward pass; what it gives, but None, is the output.

        Args:
            hook: with `with_kwargs`, `hook(module, args, kwargs, output)`.
            prepend: before the hooks that are there.
            with_kwargs: whether it is shown the keywords.

        Example:
            >>> import xnn as xp
            >>> shapes = []
            >>> layer = xp.nn.Linear(3, 2, device="cpu")
            >>> with layer.register_forward_hook(lambda module, args, output: shapes.append(output.shape)):
            ...     y = layer(xp.ones((5, 3), device="cpu"))
            >>> shapes
            [(5, 2)]
        """
        return self._hooked("after", hook, with_kwargs, prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(module, grad_input, grad_output)` in each backward pass through the module.

        Both are tuples, of the gradients of the positional inputs and of the outputs, with None for what has
        none; what the hook gives, but None, takes the place of grad_input.
        """
        return self._hooked("backward", hook, False, prepend)

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(module, grad_output)` before each backward pass; it may give others in their place."""
        return self._hooked("backward_before", hook, False, prepend)

    def _hooked(self, kind: str, hook: Callable[..., Any], with_kwargs: bool, prepend: bool) -> HookHandle:
        if self._hooks is None:
            self._hooks = Hooks()
        return self._hooks.add(kind, hook, with_kwargs, prepend)


class _Gradients:
    """One call whose gradients are shown to hooks: the identity at its inputs, and at its outputs."""

    def __init__(self, hooks: Hooks, module: Module) -> None:
        self.hooks, self.module = hooks, module
        self.count = 0
        self.places: list[int] = []  # of the inputs that require a gradient
        self.grad_output: tuple[Any, ...] = ()

    def inputs(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        self.count = len(args)
        self.places = [i for i, x in enumerate(args) if _is_varied(x)]
        changed = list(args)
        for i, x in zip(self.places, _watched(self._at_inputs, [args[i] for i in self.places]), strict=True):
            changed[i] = x
        return tuple(changed)

    def outputs(self, out: Any) -> Any:
        several = list(out) if isinstance(out, (tuple, list)) else [out]
        places = [i for i, x in enumerate(several) if _is_varied(x)]

        def at_outputs(gs: tuple[Any, ...]) -> tuple[Any, ...]:
            full: list[Any] = [None] * len(several)
            for i, g in zip(places, gs, strict=True):
                full[i] = g
            grads = tuple(full)
            for hook, _ in list(self.hooks.backward_before.values()):
                grads = _replaced(hook(self.module, grads), grads)
            self.grad_output = grads
            if not self.places:  # nothing is shown at the inputs, where no gradient comes
                self._show((None,) * self.count)
            return tuple(grads[i] for i in places)

        for i, x in zip(places, _watched(at_outputs, [several[i] for i in places]), strict=True):
            several[i] = x
        if isinstance(out, tuple):
            return type(out)(*several) if hasattr(out, "_fields") else tuple(several)
        return several if isinstance(out, list) else several[0]

    def _at_inputs(self, gs: tuple[Any, ...]) -> tuple[Any, ...]:
        full: list[Any] = [None] * self.count
        for i, g in zip(self.places, gs, strict=True):
            full[i] = g
        shown = self._show(tuple(full))
        return tuple(shown[i] for i in self.places)

    def _show(self, grads: tuple[Any, ...]) -> tuple[Any, ...]:
        for hook, _ in list(self.hooks.backward.values()):
            grads = _replaced(hook(self.module, grads, self.grad_output), grads)
        return grads


def _both(result: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a hook that is shown keywords gave in the place of arguments."""
    if isinstance(result, tuple) and len(result) == 2 and isinstance(result[0], tuple) and isinstance(result[1], dict):
        return result
    raise TypeError(
        "a forward pre-hook that is shown keywords gives None, or (args, kwargs), a tuple and a dict; "
        f"got {type(result).__name__}. Cure: return args, kwargs."
    )


def _is_varied(x: Any) -> bool:
    return isinstance(x, Array) and x.requires_grad


def _watched(backward: Hook, arrays: Sequence[Array]) -> Sequence[Array]:
    """The same Arrays, whose cotangents go through `backward`."""
    if not arrays:
        return arrays

    def module_with_backward_hooks(*xs: Any) -> Any:
        return xs

    watched = custom_vjp(module_with_backward_hooks)
    watched.defvjp(lambda *xs: (xs, None), lambda residual, gs: backward(gs))
    found: Sequence[Array] = watched(*arrays)
    return found


def _replaced(result: Any, grads: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a hook gave in the place of gradients; None leaves them."""
    if result is None:
        return grads
    given: tuple[Any, ...] = result if isinstance(result, tuple) else (result,)
    if len(given) != len(grads):
        raise ShapeError(f"a gradient hook gives None, or a tuple of {len(grads)} gradients; got {len(given)}")
    return given
