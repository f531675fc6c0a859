"""SciPy's optimizers on pytrees of arrays of any device, with gradients: a bridge to `scipy.optimize.minimize`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xnn.array_object import Array
from xnn.autograd import hvp, ravel_pytree, value_and_grad
from xnn.autograd.call import lifted
from xnn.dtypes import float64
from xnn.errors import DTypeError, GraphError, OptionError
from xnn.ops.creation import asarray
from xnn.ops.data_types import astype

__all__ = ["minimize"]

# Those that take the Hessian's products with vectors.
_WITH_PRODUCTS = frozenset(["newton-cg", "trust-ncg", "trust-krylov", "trust-constr"])
# Those that take no gradient.
_WITHOUT_GRADIENT = frozenset(["nelder-mead", "powell", "cobyla", "cobyqa"])


def minimize(
    function: Callable[..., Any],
    x0: Any,
    args: Sequence[Any] = (),
    *,
    method: str = "BFGS",
    bounds: Any = None,
    constraints: Any = (),
    tol: float | None = None,
    callback: Callable[[Any], object] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Any:
    """A minimum of a function, found by SciPy's methods, which get its gradient, and Hessian products if they take any.

    The function runs where the arrays of `x0` are; SciPy works on the host, in float64, on one vector of them all.

    Args:
        function: `function(x, *args)` gives a real floating-point array of shape ().
        x0: a pytree of real floating-point arrays, or Python floats.
        args: passed on.
        method: as of scipy.optimize.minimize: "BFGS", "L-BFGS-B", "CG", "Newton-CG", "trust-ncg", "Nelder-Mead", ...
        bounds: SciPy's, of the vector of all elements, in the order of `xnn.ravel_pytree`.
        constraints: SciPy's, of that vector.
        tol: as of scipy.optimize.minimize.
        callback: gets the pytree after each step.
        options: as of scipy.optimize.minimize.

    Returns:
        SciPy's OptimizeResult, whose `x` is a pytree like `x0`, raw arrays where those are.

    Raises:
        ImportError: without SciPy. DTypeError: for an x0 that is not real floating-point. GraphError: for a function
        whose value is no Array of shape ().
    """
    try:
        from scipy import optimize
    except ImportError as error:
        raise ImportError("xnn.optim.minimize uses SciPy. Cure: python -m pip install scipy") from error
    vector0, unravel = ravel_pytree(x0)
    flat: Array = lifted(vector0)
    if flat.dtype.kind != "real floating":
        raise DTypeError(f"minimize takes real floating-point arrays in x0; got {flat.dtype.name}")
    if not isinstance(method, str):
        raise OptionError(f"minimize: method is the name of one of SciPy's; got {method!r}")

    def host(array: Array) -> Any:
        return astype(array.detach(), float64).numpy()

    def value(vector: Any) -> float:
        return float(of_vector(vector_of(vector)))

    def vector_of(vector: Any) -> Array:
        return astype(asarray(vector, device=flat.device), flat.dtype)

    def of_vector(vector: Array) -> Any:
        found = function(unravel(vector), *args)
        if not isinstance(found, Array) or found.shape:
            came = getattr(found, "shape", type(found).__name__)
            raise GraphError(f"minimize takes a function whose value is an Array of shape (); got {came}")
        return found

    def both(vector: Any) -> tuple[float, Any]:
        found, gradient = value_and_grad(of_vector)(vector_of(vector))
        return float(found), host(gradient)

    def product(vector: Any, direction: Any) -> Any:
        return host(hvp(of_vector, (vector_of(vector),), (vector_of(direction),))[0])

    with_gradient = method.lower() not in _WITHOUT_GRADIENT
    result = optimize.minimize(
        both if with_gradient else value,
        host(flat),
        jac=with_gradient or None,
        hessp=product if method.lower() in _WITH_PRODUCTS else None,
        method=method,
        bounds=bounds,
        constraints=constraints,
        tol=tol,
        callback=None if callback is None else lambda vector: callback(unravel(vector_of(vector))),
        options=None if options is None else dict(options),
    )
    x = vector_of(result.x)
    result.x = unravel(x if isinstance(vector0, Array) else x._data)
    return result
