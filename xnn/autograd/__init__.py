"""The engine of derivatives: primitives, the graph, backward and forward mode, transforms. Knows no operation."""

from .backward import backward, unbroadcast
from .check import check_gradients
from .custom import custom_vjp, remat
from .graph import enable_grad, no_grad
from .jacobians import hessian, jacobian
from .primitive import Primitive, fused, primitive
from .pytree import register_pytree
from .transforms import grad, hvp, jvp, value_and_grad, vjp

__all__ = [
    "Primitive",
    "backward",
    "check_gradients",
    "custom_vjp",
    "enable_grad",
    "fused",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "no_grad",
    "primitive",
    "register_pytree",
    "remat",
    "unbroadcast",
    "value_and_grad",
    "vjp",
]
