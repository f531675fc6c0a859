"""einops of Arrays: a backend, put into its list when einops is imported, before xnn or after it.

einops knows libraries by subclasses of its AbstractBackend, which cannot be made before it is there. So a finder waits
in `sys.meta_path` for the one import of `einops._backends`, and then goes.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["install"]

MODULE = "einops._backends"


def install() -> None:
    """Put the backend into einops' list, now or as soon as it is imported."""
    if MODULE in sys.modules:
        _register(sys.modules[MODULE])
    else:
        sys.meta_path.insert(0, _Finder())


class _Finder:  # importlib.abc has a base for it, and takes 8 ms to import
    """Finds the one module, by the others, and has it finished by `_Loader`."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != MODULE:
            return None
        import importlib.util

        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            spec.loader = _Loader(spec.loader)  # type: ignore[assignment]  # a loader by what it does
        return spec


class _Loader:
    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self._loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        self._loader.exec_module(module)
        _register(module)


def _register(backends: Any) -> None:
    from . import ops
    from .array_object import Array

    class XnnBackend(backends.AbstractBackend):  # type: ignore[misc]  # of a module that need not be there
        """What einops calls, in functions of the standard."""

        framework_name = "xnn"

        def is_appropriate_type(self, tensor: object) -> bool:
            return isinstance(tensor, Array)

        def from_numpy(self, x: Any) -> Array:
            return ops.creation.asarray(x)

        def to_numpy(self, x: Any) -> Any:
            return x.numpy()

        def arange(self, start: int, stop: int) -> Array:
            return ops.creation.arange(start, stop)

        def transpose(self, x: Any, axes: Any) -> Any:
            return ops.manipulation.permute_dims(x, tuple(axes))

        def stack_on_zeroth_dimension(self, tensors: Any) -> Any:
            return ops.manipulation.stack(tensors)

        def add_axis(self, x: Any, new_position: int) -> Any:
            return ops.manipulation.expand_dims(x, axis=new_position)

        def tile(self, x: Any, repeats: Any) -> Any:
            return ops.repetitions.tile(x, repeats)

        def concat(self, tensors: Any, axis: int) -> Any:
            return ops.manipulation.concat(tensors, axis=axis)

        def is_float_type(self, x: Any) -> bool:
            return bool(x.dtype.is_floating)

        def einsum(self, pattern: str, *x: Any) -> Any:
            from .ops.contractions import einsum

            return einsum(pattern, *x)

    backends.XnnBackend = XnnBackend  # a list of subclasses alone does not keep them
