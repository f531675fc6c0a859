"""Linear algebra at special points: singular and degenerate matrices, what is free to choose, shapes, types, errors."""

import math

import numpy as np
import pytest

import xnn as xp
from tests.ops.compare import assert_like_torch, quiet
from tests.oracle import torch
from tests.tolerances import assert_close
from xnn.autograd import check_gradients
from xnn.errors import GraphError, OptionError, ShapeError

inf = math.inf


def drawn(*shape, dtype="complex128", seed=0):
    """Random numbers, complex ones where the type is."""
    random = np.random.default_rng((seed, *shape))  # the same in each run, of any selection of tests
    real = random.uniform(-1, 1, shape)
    return np.asarray(real + 1j * random.uniform(-1, 1, shape) if dtype[0] == "c" else real, dtype)


def on(device, x):
    return xp.asarray(x, device=device)


def adjoint(x):
    return xp.conj(xp.matrix_transpose(x))


# ---- singular matrices ----

RANK = {
    "n - 1": [[1.0, 2, 3], [2, 4, 6.5], [1, 2, 0]],
    "n - 1, exactly": [[1.0, 2, 3], [2, 4, 6], [1, 0, 1]],
    "n - 2": [[1.0, 2, 3], [2, 4, 6], [-1, -2, -3]],
    "0": [[0.0] * 3] * 3,
    "n - 1, complex": [[1j, 2, 3], [2j, 4, 6], [1, 1j, 1]],
}


def cofactors(x):
    return [
        [(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(x, i, 0), j, 1)) for j in range(len(x))]
        for i in range(len(x))
    ]


@pytest.mark.parametrize("rank", RANK)
def test_det_has_its_derivatives_at_singular_matrices(rank, device):
    raw = np.asarray(RANK[rank], "complex128" if "complex" in rank else "float64")
    x = xp.asarray(raw, device=device, requires_grad=True)
    out = xp.linalg.det(x)
    out.backward(xp.ones_like(out))
    np.testing.assert_allclose(x.grad.numpy(), np.conj(cofactors(raw)), atol=1e-12)
    check_gradients(xp.linalg.det, x.detach())


def test_slogdet_of_a_singular_matrix(device):
    with quiet():
        sign, logarithm = xp.linalg.slogdet(xp.zeros((2, 2), device=device))
    assert (float(sign), float(logarithm)) == (0.0, -inf)


def test_pinv_keeps_the_rank(device):
    x = on(device, drawn(4, 2) @ drawn(2, 3))
    p = xp.linalg.pinv(x, rtol=1e-6)
    assert_close((x @ p @ x).numpy(), x.numpy())
    assert xp.linalg.matrix_rank(x, rtol=1e-6).item() == 2


def test_a_tolerance_for_each_matrix(device):
    x = on(device, np.stack([np.diag([1.0, 0.1, 0.01])] * 2))
    rtol = on(device, np.asarray([0.05, 0.5]))
    assert xp.linalg.matrix_rank(x, rtol=rtol).tolist() == [2, 1]
    expected = np.stack([np.diag([1.0, 10, 0]), np.diag([1.0, 0, 0])])
    assert_close(xp.linalg.pinv(x, rtol=rtol).numpy(), expected)
    assert_close(xp.linalg.pinv(xp.astype(x, xp.float32), rtol=rtol).numpy(), np.float32(expected))


# ---- kinks and ties ----

ORDERS = (0, 0.5, 1, 1.5, 2, 3, inf, -inf, -1, -2)


@pytest.mark.needs("torch")
@pytest.mark.parametrize("order", ORDERS)
def test_vector_norms_at_0_and_with_ties(order, device):
    for values in ([0.0, 3, -3, 2], [0.0, 0, 0], [-2.0, 2, 2], [1 + 1j, 0, -1 - 1j]):
        with quiet():
            assert_like_torch(
                lambda xp, x: xp.linalg.vector_norm(x, ord=order),
                lambda x: torch.linalg.vector_norm(x, order) + 0 * x[0].real,
                [np.asarray(values)],
                device,
            )


@pytest.mark.needs("torch")
@pytest.mark.parametrize("order", ["fro", "nuc", 1, -1, 2, -2, inf, -inf])
def test_matrix_norms_with_ties(order, device):
    for values in ([[1.0, 0], [0, 1]], [[0.0, 2j], [2j, 0]]):
        with quiet():
            assert_like_torch(
                lambda xp, x: xp.linalg.matrix_norm(x, ord=order),
                lambda x: torch.linalg.matrix_norm(x, order),
                [np.asarray(values)],
                device,
            )


@pytest.mark.parametrize("order", ["fro", "nuc", 1, 2, inf])
def test_matrix_norms_at_0(order, device):
    """A subgradient, U V^H of whatever vectors belong to the singular value 0, as PyTorch's; of sums it is 0."""
    x = xp.zeros((2, 3), dtype=xp.float64, device=device)
    x.requires_grad = True
    xp.linalg.matrix_norm(x, ord=order).backward()
    expected = {"nuc": 2.0**0.5, 2: 0.5**0.5}.get(order, 0.0)
    assert_close(np.linalg.norm(x.grad.numpy()), expected)


@pytest.mark.needs("torch")
def test_singular_values_that_are_equal_have_a_derivative(device):
    for values in (np.eye(3), 1j * np.eye(3)[::-1], np.asarray([[1.0, -2], [2, 1]])):
        assert_like_torch(
            lambda xp, x: xp.sum(xp.linalg.svdvals(x)), lambda x: torch.linalg.svdvals(x).sum(), [values], device
        )


def test_equal_eigenvalues(device):
    """Of eigenvalues alone there is a derivative; of eigenvectors there is none, and PyTorch's is NaN, too."""
    for name, part in (("eigvalsh", lambda out: out), ("eigh", lambda out: out[0])):
        x = xp.asarray(np.eye(3), device=device, requires_grad=True)
        xp.sum(part(getattr(xp.linalg, name)(x))).backward()
        assert_close(x.grad.numpy(), np.eye(3))
    x = xp.asarray(np.eye(2), device=device, requires_grad=True)
    weights = on(device, np.asarray([[1.0, 2], [3, 4]]))
    with quiet():
        xp.sum(weights * xp.linalg.eigh(x).eigenvectors ** 2).backward()
        assert not np.isfinite(x.grad.numpy()).all()


# ---- which triangle ----


@pytest.mark.parametrize("name", ["eigvalsh", "cholesky"])
def test_the_lower_triangle_is_read_and_the_gradient_is_hermitian(name, device):
    x = drawn(3, 3) + 4 * np.eye(3)
    lower = np.tril(x, -1) + np.diag(np.diag(x).real)
    leaf = xp.asarray(x * 1.0, device=device, requires_grad=True)
    out = getattr(xp.linalg, name)(leaf)
    assert_close(out.detach().numpy(), getattr(np.linalg, name)(lower + np.conj(np.tril(x, -1)).T))
    with quiet():
        xp.sum(xp.abs(out) ** 2).backward()
    assert_close(leaf.grad.numpy(), np.conj(leaf.grad.numpy()).T)


def test_the_upper_factor_is_the_adjoint_of_the_lower(device):
    x = drawn(2, 3, 3)
    x = on(device, x @ np.conj(np.swapaxes(x, -1, -2)) + np.eye(3))
    lower, upper = xp.linalg.cholesky(x), xp.linalg.cholesky(x, upper=True)
    assert_close(upper.numpy(), adjoint(lower).numpy())
    assert_close((adjoint(upper) @ upper).numpy(), x.numpy())


# ---- what decompositions are free to choose ----


def hermitian(x):
    return x + adjoint(x)


def assert_refused(loss, x, message):
    """Assert that backward raises GraphError: on a GPU later, where somebody looks, and until then all is NaN."""
    if not x.device.is_asynchronous:
        with pytest.raises(GraphError, match=message):
            loss.backward(retain_graph=True)
        return
    loss.backward(retain_graph=True)
    assert np.isnan(x.device.backend.to_numpy(x.grad._data)).all()
    with pytest.raises(GraphError, match=message):
        x.grad.numpy()
    x.grad = None


CHOICES = {
    "eigh": ("a phase for each eigenvector", drawn(3, 3), lambda x: xp.linalg.eigh(hermitian(x))[1]),
    "eig": ("a phase for each eigenvector", drawn(3, 3), lambda x: xp.linalg.eig(x)[1]),
    "eig of a real matrix": ("a phase for", drawn(3, 3, dtype="float64"), lambda x: xp.linalg.eig(x)[1]),
    "svd U": ("a phase for each pair", drawn(3, 3), lambda x: xp.linalg.svd(x)[0]),
    "svd Vh": ("a phase for each pair", drawn(2, 3, 3), lambda x: xp.linalg.svd(x)[2]),
    "svd full U": ("a basis of what", drawn(4, 2, dtype="float64"), lambda x: xp.linalg.svd(x)[0][:, 2:]),
    "svd full Vh": ("a basis of what", drawn(2, 4, dtype="float64"), lambda x: xp.linalg.svd(x)[2][2:, :]),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_loss_that_depends_on_a_choice_is_refused(name, device):
    message, raw, factor = CHOICES[name]
    x = xp.asarray(raw, device=device, requires_grad=True)
    vectors = factor(x)
    weights = on(device, drawn(*vectors.shape, dtype=vectors.dtype.name, seed=1))
    for scale in (1.0, 1e-6):
        loss = xp.sum(xp.real(scale * weights * vectors))
        assert_refused(loss, x, f"is free to choose {message}")


def test_the_space_beyond_the_singular_values_has_a_derivative(device):
    """U2 U2^H does not depend on the basis U2; PyTorch leaves it out, and gives 0."""

    def left(x):
        u = xp.linalg.svd(x).U[..., :, 2:]
        return u @ adjoint(u)

    def right(x):
        v = adjoint(xp.linalg.svd(x).Vh)[..., :, 2:]
        return v @ adjoint(v)

    for dtype in ("float64", "complex128"):
        check_gradients(left, on(device, drawn(4, 2, dtype=dtype)))
        check_gradients(right, on(device, drawn(2, 2, 4, dtype=dtype)))


def test_the_last_column_beyond_them_has_one_up_to_its_sign(device):
    check_gradients(lambda x: xp.abs(xp.linalg.svd(x).U), on(device, drawn(3, 2, dtype="float64")))


@pytest.mark.parametrize("values", [[[1.0, 1], [0, 1]], [[0.0, 1], [0, 0]]])
def test_a_defective_matrix_has_no_derivative_of_eigenvalues(values, device):
    for part in (xp.linalg.eigvals, lambda x: xp.linalg.eig(x)[0]):
        x = xp.asarray(values, dtype=xp.float64, device=device, requires_grad=True)
        loss = xp.sum(xp.real(part(x)))
        with quiet():
            assert_refused(loss, x, "eigenvectors are linearly independent; a matrix here is defective")


def test_a_completed_q_has_no_derivative(device):
    x = xp.asarray(drawn(3, 2), device=device, requires_grad=True)
    q, r = xp.linalg.qr(x, mode="complete")
    assert (q.shape, r.shape) == ((3, 3), (3, 2))
    with pytest.raises(
        GraphError, match=r"no derivative for more rows than columns.*got 3 rows and 2 columns. Cure: m"
    ):
        xp.sum(xp.abs(q)).backward()


@pytest.mark.needs("torch")
def test_both_results_of_a_decomposition_in_one_loss(device):
    def both(xp, x):
        u, s, vh = xp.linalg.svd(x, full_matrices=False)
        q, r = xp.linalg.qr(x)
        return xp.sum(xp.abs(u) * s) + xp.sum(xp.abs(vh) ** 2 * s) + xp.sum(xp.abs(q @ r) * xp.abs(q[0, 0]))

    assert_like_torch(both, lambda x: both(_Torch, x), [drawn(4, 3)], device)


class _Torch:
    """The few names that a loss above takes, of torch."""

    linalg, abs, sum = torch.linalg, torch.abs, torch.sum


# ---- shapes ----


def test_a_matrix_beside_a_stack_is_no_stack_of_vectors(device):
    a, b = drawn(3, 3, 3) + 3 * np.eye(3), drawn(3, 3)
    came = xp.linalg.solve(on(device, a), on(device, b))
    assert came.shape == (3, 3, 3)
    assert_close((on(device, a) @ came).numpy(), np.broadcast_to(b, (3, 3, 3)))


SQUARE = ("cholesky", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "pinv", "qr", "slogdet", "svd", "svdvals",
          "matrix_norm", "vector_norm", "trace", "diagonal", "matrix_transpose", "matrix_rank")  # fmt: skip


@pytest.mark.parametrize("shape", [(0, 3, 3), (0, 0), (2, 0, 0)])
@pytest.mark.parametrize("name", SQUARE)
def test_no_matrices_and_matrices_of_nothing(name, shape, device):
    x = xp.asarray(np.empty(shape), device=device, requires_grad=True)
    out = getattr(xp.linalg, name)(x)
    outs = out if isinstance(out, tuple) else (out,)
    expected = getattr(np.linalg, name)(np.empty(shape))
    for came, wanted in zip(outs, expected if isinstance(expected, tuple) else (expected,), strict=True):
        assert came.shape == np.shape(wanted)
    for came in outs:
        if came.requires_grad:
            x.grad = None
            xp.sum(xp.abs(came)).backward(retain_graph=True)
            assert x.grad.shape == shape


def test_an_axis_from_the_front_where_it_means_one_dimension(device):
    a, b = drawn(3, 2, dtype="float64"), drawn(3, 2, dtype="float64", seed=1)
    assert_close(xp.vecdot(on(device, a), on(device, b), axis=0).numpy(), np.sum(a * b, axis=0))
    assert_close(xp.linalg.cross(on(device, a), on(device, b), axis=0).numpy(), np.cross(a, b, axis=0))
    with pytest.raises(
        ShapeError, match=r"vecdot: axis counts from the end, from -1 to -1 for shapes \(3,\) and \(2, 3"
    ):
        xp.vecdot(on(device, a[:, 0]), on(device, a.T), axis=0)


# ---- types ----

FLOATING = ("cholesky", "det", "eigh", "eigvalsh", "inv", "pinv", "qr", "slogdet", "svd", "svdvals", "matrix_norm",
            "vector_norm")  # fmt: skip


@pytest.mark.parametrize("name", FLOATING)
def test_integers_become_the_default_floating_type(name, device):
    x = on(device, np.asarray([[2, 1], [1, 3]]))
    out = getattr(xp.linalg, name)(x)
    for came in out if isinstance(out, tuple) else (out,):
        assert came.dtype is xp.float32
    assert xp.linalg.matrix_power(x, 2).dtype is xp.float32
    assert xp.linalg.solve(x, x).dtype is xp.float32
    assert xp.linalg.eigvals(x).dtype is xp.linalg.eig(x).eigenvectors.dtype is xp.complex64


def test_a_mixed_product_gives_each_operand_a_gradient_of_its_type(device):
    x = xp.asarray(drawn(3, dtype="float32"), device=device, requires_grad=True)
    z = xp.asarray(drawn(3), device=device, requires_grad=True)
    out = xp.vecdot(z, x)
    assert out.dtype is xp.complex128
    xp.abs(out).backward()
    assert (x.grad.dtype, z.grad.dtype) == (xp.float32, xp.complex128)


# ---- errors ----

ERRORS = {
    "power of no square": (ShapeError, r"matrix_power takes square matrices, of shape \(..., n, n\); got .*\(2, 3\)",
                           lambda x: xp.linalg.matrix_power(x, 1)),
    "power of no integer": (OptionError, "matrix_power takes an integer n; got 0.5",
                            lambda x: xp.linalg.matrix_power(x @ x.T, 0.5)),
    "unknown norm": (OptionError, "matrix_norm's ord is 'fro', 'nuc', 1, -1, 2, -2, inf or -inf; got 3",
                     lambda x: xp.linalg.matrix_norm(x, ord=3)),
    "norm of a vector": (ShapeError, r"matrix_norm takes matrices, of shape \(..., m, n\); got shape \(3,\)",
                         lambda x: xp.linalg.matrix_norm(x[0])),
    "unknown mode": (OptionError, "qr's mode is 'reduced' or 'complete'; got 'r'", lambda x: xp.linalg.qr(x, mode="r")),
    "outer of matrices": (ShapeError, r"outer takes two vectors; got shapes \(2, 3\) and \(3,\)",
                          lambda x: xp.linalg.outer(x, x[0])),
    "cross of 2": (ShapeError, r"cross takes vectors of 3 elements; the shapes \(2, 3\) and \(2, 3\) have 2 and 2",
                   lambda x: xp.linalg.cross(x, x, axis=-2)),
    "vecdot of two sizes": (ShapeError, "vecdot takes vectors of one size; .* have 3 and 1",
                            lambda x: xp.vecdot(x, x[:, :1])),
    "matmul of a number": (TypeError, "matmul takes arrays; got a Python float", lambda x: xp.matmul(x, 2.0)),
    "tensordot of a number": (TypeError, "tensordot takes arrays; got a Python float", lambda x: xp.tensordot(x, 2.0)),
    "solve of a number": (TypeError, "solve takes arrays; got a Python int", lambda x: xp.linalg.solve(x, 1)),
    "vecdot of a number": (TypeError, "vecdot takes an array; got float", lambda x: xp.vecdot(x, 1.0)),
    "outer of a number": (ShapeError, "outer takes two vectors; got shapes", lambda x: xp.linalg.outer(1.0, x[0])),
    "power of a number": (TypeError, "matrix_power takes an array; got flo", lambda x: xp.linalg.matrix_power(2.0, 2)),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name, device):
    kind, message, call = ERRORS[name]
    with pytest.raises(kind, match=message):
        call(xp.ones((2, 3), device=device))


def test_the_identity_has_the_gradient_0(device):
    x = xp.asarray(drawn(2, 3, 3), device=device, requires_grad=True)
    power = xp.linalg.matrix_power(x, 0)
    assert_close(power.detach().numpy(), np.broadcast_to(np.eye(3, dtype="complex128"), (2, 3, 3)))
    xp.sum(xp.real(power)).backward()
    assert not np.any(x.grad.numpy())
