"""Orthogonal weights: the parametrization `orthogonal`, and the maps to orthogonal matrices."""

from __future__ import annotations

from typing import Any, Literal

from xnn.arguments import flagged
from xnn.array_object import Array
from xnn.autograd import no_grad
from xnn.autograd.graph import frontend
from xnn.errors import OptionError, ShapeError
from xnn.random import normal

from .module import Module
from .parametrize import M, parameter_of, register_parametrization

xp: Any = frontend.xp
MAPS = ("matrix_exp", "cayley", "householder")

# Higham, The scaling and squaring method for the matrix exponential revisited, 2005: Pade's approximant of degree 13
# is exact in double precision for matrices of norm up to THETA.
PADE = (
    64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
    10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0,
)  # fmt: skip
THETA = 5.371920351148152
SQUARINGS = 12


def _identity(like: Any) -> Any:
    n, k = like.shape[-2:]
    return xp.eye(n, k, dtype=like.dtype, device=like.device)


def matrix_exp(a: Any) -> Any:
    """exp(a) of matrices (..., n, n): a / 2**s by a rational function, squared s times.

    How often stays on the device: the host would have to wait for the norm. Beyond 2**12 THETA the result loses
    digits, and for a skew-symmetric matrix stays orthogonal, as that of the rational function is.
    """
    with no_grad():
        norm = xp.max(xp.linalg.matrix_norm(a.detach(), ord=1))
        count = xp.clip(xp.ceil(xp.log2(xp.clip(norm, min=1e-30) / THETA)), 0.0, float(SQUARINGS))
        scale = 2.0**-count
    a = a * scale
    b, one = tuple(x / PADE[0] for x in PADE), _identity(a)
    a2 = xp.matmul(a, a)
    a4 = xp.matmul(a2, a2)
    a6 = xp.matmul(a4, a2)
    odd = xp.matmul(a6, b[13] * a6 + b[11] * a4 + b[9] * a2) + b[7] * a6 + b[5] * a4 + b[3] * a2 + b[1] * one
    even = xp.matmul(a6, b[12] * a6 + b[10] * a4 + b[8] * a2) + b[6] * a6 + b[4] * a4 + b[2] * a2 + b[0] * one
    odd = xp.matmul(a, odd)
    x = xp.linalg.solve(even - odd, even + odd)
    for i in range(SQUARINGS):
        x = xp.where(count > i, xp.matmul(x, x), x)
    return x


def reflected(x: Any) -> Any:
    """The first columns of the product of the Householder reflections whose vectors stand below the diagonal of x.

    In the form 1 - V S^-1 V^T with one triangular matrix S (Joffrain et al., Accumulating Householder transformations,
    revisited, 2006), times the signs of the diagonal of x, which begins as 1 and -1.
    """
    below = xp.tril(x, k=-1)
    vectors = below + _identity(x)
    k = x.shape[-1]
    halves = (1.0 + xp.sum(below * below, axis=-2)) / 2  # half of the squared lengths
    inner = xp.triu(xp.matmul(xp.matrix_transpose(vectors), vectors), k=1)
    inner = inner + xp.expand_dims(halves, axis=-1) * xp.eye(k, dtype=x.dtype, device=x.device)
    product = _identity(x) - xp.matmul(vectors, xp.linalg.solve(inner, xp.matrix_transpose(vectors[..., :k, :])))
    return product * xp.expand_dims(xp.sign(xp.linalg.diagonal(x.detach())), axis=-2)


def _reflections(q: Any) -> Any:
    """What `reflected` makes q of, by Householder's decomposition, as LAPACK does it."""
    x, columns = q + 0, q.shape[-1]
    for j in range(columns):
        head, tail = x[..., j : j + 1, j : j + 1], x[..., j + 1 :, j : j + 1]
        squares = xp.sum(tail * tail, axis=-2, keepdims=True)
        length = (head * head + squares) ** 0.5
        beta = xp.where(head < 0, length, -length)
        is_done = squares == 0
        vector = xp.where(is_done, 0.0, tail / xp.where(is_done, 1.0, head - beta))
        factor = xp.where(is_done, 0.0, (beta - head) / xp.where(is_done, 1.0, beta))
        rest = x[..., j:, j + 1 :]
        full = xp.concat([head * 0 + 1, vector], axis=-2)
        x[..., j:, j + 1 :] = rest - factor * xp.matmul(full, xp.matmul(xp.matrix_transpose(full), rest))
        x[..., j + 1 :, j : j + 1] = vector
        x[..., j : j + 1, j : j + 1] = xp.where(is_done, -xp.sign(head), xp.sign(beta))
    return x


def _orthonormal(q: Any) -> Any:
    """The factor Q of q = QR with positive diagonal of R."""
    basis, upper = xp.linalg.qr(q)
    return basis * xp.expand_dims(xp.sign(xp.linalg.diagonal(upper)), axis=-2)


def _is_orthogonal(q: Any) -> bool:
    one = _identity(q)
    bound = 10.0 * q.shape[-2] * xp.finfo(q.dtype).eps + 1e-5 * one
    return bool(xp.all(xp.abs(xp.matmul(xp.matrix_transpose(q), q) - one) <= bound))


class _Orthogonal(Module):
    def __init__(self, weight: Array, orthogonal_map: str, use_trivialization: bool) -> None:
        super().__init__()
        self.orthogonal_map, self.use_trivialization = orthogonal_map, use_trivialization
        if use_trivialization:
            n = max(weight.shape[-2:])
            start = xp.zeros((*weight.shape[:-2], n, n), dtype=weight.dtype, device=weight.device)
            self.register_buffer("base", start)

    def forward(self, x: Any) -> Any:
        is_wide = x.shape[-2] < x.shape[-1]
        if is_wide:
            x = xp.matrix_transpose(x)
        q = reflected(x) if self.orthogonal_map == "householder" else self._turned(x)
        if self.use_trivialization:
            q = xp.matmul(self.base, q)
        return xp.matrix_transpose(q) if is_wide else q

    def _turned(self, x: Any) -> Any:
        """exp(a), or (1 + a/2) / (1 - a/2), of the skew-symmetric a with the lower triangle of x."""
        n, k = x.shape[-2:]
        x = xp.tril(x)
        if n != k:
            x = xp.concat([x, xp.zeros((*x.shape[:-1], n - k), dtype=x.dtype, device=x.device)], axis=-1)
        a = x - xp.matrix_transpose(x)
        q = (
            matrix_exp(a)
            if self.orthogonal_map == "matrix_exp"
            else xp.linalg.solve(_identity(a) - 0.5 * a, _identity(a) + 0.5 * a)
        )
        return q[..., :k]

    def right_inverse(self, value: Any) -> Any:
        """What gives the value, if that is orthogonal, or an orthogonal matrix of its QR decomposition."""
        if not self.use_trivialization and self.orthogonal_map != "householder":
            raise NotImplementedError(
                f"what gives a value by {self.orthogonal_map} is not known with use_trivialization=False. "
                'Cure: orthogonal_map="householder".'
            )
        is_wide = value.shape[-2] < value.shape[-1]
        q = xp.matrix_transpose(value) if is_wide else value
        n, k = q.shape[-2:]
        if not self.use_trivialization:
            found = _reflections(q)
            return xp.matrix_transpose(found) if is_wide else found
        if n != k:
            more = normal((*q.shape[:-2], n, n - k), dtype=q.dtype, device=q.device)
            q = xp.concat([q, more], axis=-1)
        self.base = q + 0 if n == k and _is_orthogonal(q) else _orthonormal(q)
        # The diagonal is read by the reflections: -1 makes 1 of the product of those along the axes.
        return -_identity(value) + xp.zeros(value.shape, dtype=value.dtype, device=value.device)


@flagged
def orthogonal(
    module: M,
    name: str = "weight",
    orthogonal_map: Literal["matrix_exp", "cayley", "householder"] | None = None,
    *,
    use_trivialization: bool = True,
) -> M:
    """Keep a weight orthogonal: with orthonormal columns, or rows if it has more columns.

    Args:
        module: a layer.
        name: of its parameter, (..., m, n).
        orthogonal_map: from what is learnt to orthogonal matrices: "matrix_exp", exp(a), or "cayley",
            (1 + a/2) / (1 - a/2), of a skew-symmetric matrix; "householder", a product of reflections. None:
            "matrix_exp" for square matrices, else "householder".
        use_trivialization: whether the result is multiplied with a constant orthogonal matrix, a buffer, so that what
            is learnt begins at 0 and the weight at itself, or at its factor Q if it is not orthogonal. Lezcano Casado,
            Trivializations for gradient-based optimization on manifolds, 2019.

    Returns:
        the layer, with the parameter `parametrizations.weight.original`, of the weight's shape, and the buffer
        `parametrizations.weight.0.base`; `weight` is computed at each access.

    Raises:
        TypeError: for what is no module.
        OptionError: if it has no such parameter; for another map.
        ShapeError: for a parameter that is no matrix, nor several.

    Of the diagonal that the reflections read PyTorch takes the whole part, not the sign: weight decay makes the weight
    0 there.
    """
    weight = parameter_of(module, name)
    if weight.ndim < 2:
        raise ShapeError(f"orthogonal is of matrices (..., m, n); {name!r} has shape {weight.shape}")
    if orthogonal_map is None:
        orthogonal_map = "matrix_exp" if weight.shape[-2] == weight.shape[-1] else "householder"
    if orthogonal_map not in MAPS:
        raise OptionError(f'orthogonal_map is "matrix_exp", "cayley" or "householder"; got {orthogonal_map!r}')
    return register_parametrization(module, name, _Orthogonal(weight, orthogonal_map, use_trivialization))
