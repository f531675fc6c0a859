"""The engine of derivatives: primitives, the graph, backward and forward mode, transforms. Knows no operation."""

import importlib as _importlib
import typing as _typing

from .graph import enable_grad, no_grad
from .primitive import Primitive
from .reverse import backward, unbroadcast

if _typing.TYPE_CHECKING:
    from .check import check_gradients
    from .custom import custom_vjp, remat
    from .custom_tangents import custom_jvp
    from .implicit import custom_root, fixed_point
    from .jacobians import hessian, jacobian
    from .pytree import register_pytree
    from .transforms import elementwise_grad, grad, hvp, jvp, linearize, stop_gradient, value_and_grad, vjp
    from .trees import ravel_pytree

__all__ = [
    "Primitive",
    "backward",
    "check_gradients",
    "custom_jvp",
    "custom_root",
    "custom_vjp",
    "elementwise_grad",
    "enable_grad",
    "fixed_point",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "no_grad",
    "ravel_pytree",
    "register_pytree",
    "remat",
    "stop_gradient",
    "unbroadcast",
    "value_and_grad",
    "vjp",
]

# Loaded when they are first asked for, so that `import xnn` stays cheap.
_TRANSFORMS = {
    "check_gradients": "check",
    "custom_jvp": "custom_tangents",
    "custom_root": "implicit",
    "custom_vjp": "custom",
    "elementwise_grad": "transforms",
    "fixed_point": "implicit",
    "grad": "transforms",
    "hessian": "jacobians",
    "hvp": "transforms",
    "jacobian": "jacobians",
    "jvp": "transforms",
    "linearize": "transforms",
    "ravel_pytree": "trees",
    "register_pytree": "pytree",
    "remat": "custom",
    "stop_gradient": "transforms",
    "value_and_grad": "transforms",
    "vjp": "transforms",
}


def __getattr__(name: str) -> _typing.Any:
    if name in _TRANSFORMS:
        return getattr(_importlib.import_module(f"{__name__}.{_TRANSFORMS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
