"""Normal and uniform numbers with arrays for parameters, and under NumPy's other names."""

from __future__ import annotations

from typing import Any, Literal, SupportsIndex

from xnn.arguments import choice
from xnn.array_object import Array
from xnn.autograd.graph import Tracked
from xnn.errors import ShapeError
from xnn.ops.data_types import astype
from xnn.ops.decompositions import cholesky
from xnn.ops.eigenvalues import eigh
from xnn.ops.elementwise import sqrt
from xnn.ops.extrema import maximum
from xnn.ops.manipulation import broadcast_shapes
from xnn.typing import AnyArray, ArrayLike, DeviceLike, DTypeLike, Scalar, Shape

from .arguments import DRAWN, drawn_shape, require_valid
from .basic import Basic
from .parameters import ANY, NOT_NEGATIVE, drawn, fitting, typed

__all__ = ["Normals"]

Parameter = Scalar | AnyArray


class Normals(Basic):
    """normal, uniform and their kin."""

    def _located_normal(
        self,
        loc: Parameter,
        scale: Parameter,
        size: Shape | None,
        *,
        dtype: DTypeLike | None,
        device: DeviceLike | None,
    ) -> Array:
        """What `normal` is with NumPy's arguments, or arrays for them."""
        what = drawn("normal", size, dtype, device, loc=(loc, ANY), scale=(scale, NOT_NEGATIVE))
        mean, std = what.parameters
        return what.rounded(self.normal(what.sizes, dtype=what.working, device=what.device) * std + mean)

    def _located_uniform(
        self,
        low: Parameter,
        high: Parameter,
        size: Shape | None,
        *,
        dtype: DTypeLike | None,
        device: DeviceLike | None,
    ) -> Array:
        """What `uniform` is with NumPy's arguments, or arrays for them."""
        what = drawn("uniform", size, dtype, device, low=(low, ANY), high=(high, ANY))
        least, most = what.parameters
        if not isinstance(least, Tracked) and not isinstance(most, Tracked):
            return self.uniform(what.sizes, low=least, high=most, dtype=what.dtype, device=what.device)
        width = most - least
        require_valid(width.detach(), 0.0, float("inf"), False, "uniform: low is at most high; it is not everywhere")
        return what.rounded(self.uniform(what.sizes, dtype=what.working, device=what.device) * width + least)

    def multivariate_normal(
        self,
        mean: ArrayLike,
        cov: ArrayLike,
        size: Shape | None = None,
        *,
        method: Literal["cholesky", "eigh"] = "cholesky",
        dtype: DTypeLike | None = None,
        device: DeviceLike | None = None,
    ) -> Array:
        """mean + L @ z for z of the standard normal distribution and L @ L.T = cov, differentiable as that formula.

        Args:
            mean: (..., n).
            cov: (..., n, n), of which the lower half counts; positive definite, or semidefinite with "eigh".
            size: the shape before n; None: that to which the dimensions before mean's and cov's broadcast.
            method: "eigh" makes L of eigenvectors; it has no derivative where eigenvalues are equal.
            dtype: of the result; None: that of the arrays.
            device: where there is no Array.

        Raises:
            ShapeError: for shapes that do not fit. Whatever `xnn.linalg.cholesky` raises for a cov without an L.
        """
        choice("multivariate_normal", "method", method, ("cholesky", "eigh"))
        wanted, found, (loc, matrix) = typed("multivariate_normal", dtype, device, mean=(mean, ANY), cov=(cov, ANY))
        shapes = tuple(getattr(loc, "shape", ())), tuple(getattr(matrix, "shape", ()))
        n = shapes[1][-1:]
        if len(shapes[1]) < 2 or shapes[1][-2:] != (*n, *n) or shapes[0][-1:] != n:
            raise ShapeError(
                f"multivariate_normal takes mean (..., n) and cov (..., n, n); got {shapes[0]} and {shapes[1]}. "
                "Cure: normal(loc, scale, size), for independent numbers."
            )
        before = broadcast_shapes(shapes[0][:-1], shapes[1][:-2])
        sizes = before if size is None else fitting("multivariate_normal", size, before)
        if method == "cholesky":
            factor = cholesky(matrix)
        else:
            values, vectors = eigh(matrix)
            factor = vectors * sqrt(maximum(values, 0.0))[..., None, :]
        z = self.normal((*sizes, *n), dtype=DRAWN[wanted], device=found)
        drawn_there = loc + (factor @ z[..., None])[..., 0]
        return drawn_there if drawn_there.dtype is wanted else astype(drawn_there, wanted)

    def standard_normal(
        self, size: Shape | None = None, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None
    ) -> Array:
        """`normal` of mean 0 and deviation 1, of shape size."""
        return self.normal(() if size is None else size, dtype=dtype, device=device)

    def random(
        self, size: Shape | None = None, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None
    ) -> Array:
        """`uniform` from 0 to 1, of shape size."""
        return self.uniform(() if size is None else size, dtype=dtype, device=device)

    def random_sample(
        self, size: Shape | None = None, *, dtype: DTypeLike | None = None, device: DeviceLike | None = None
    ) -> Array:
        """`random` under its older name, of shape size."""
        return self.random(size, dtype=dtype, device=device)

    def rand(
        self, *shape: SupportsIndex | Shape, dtype: DTypeLike | None = None, device: DeviceLike | None = None
    ) -> Array:
        """`uniform` from 0 to 1, of a shape that is written as several ints, or as a tuple."""
        return self.uniform(_written("rand", shape), dtype=dtype, device=device)

    def randn(
        self, *shape: SupportsIndex | Shape, dtype: DTypeLike | None = None, device: DeviceLike | None = None
    ) -> Array:
        """`normal` of mean 0 and deviation 1, of a shape that is written as several ints, or as a tuple."""
        return self.normal(_written("randn", shape), dtype=dtype, device=device)


def _written(name: str, shape: tuple[Any, ...]) -> tuple[int, ...]:
    return drawn_shape(name, shape[0] if len(shape) == 1 else shape)
