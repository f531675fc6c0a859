"""pymanopt's optimizers with xnn's gradients and Hessian products, by a backend of its own interface."""

import numpy as np
import pytest

import xnn as xp
from tests import optional
from tests.consumers.hold import on
from tests.consumers.row import uniform

pymanopt = optional.module("pymanopt")
from pymanopt import manifolds, optimizers  # noqa: E402  # what may not be installed
from pymanopt.autodiff import backend_decorator_factory  # noqa: E402
from pymanopt.autodiff.backends._backend import Backend  # noqa: E402

SYMMETRIC = uniform(6, 6) @ uniform(6, 6).T
MATRIX = uniform(5, 4)


class XnnBackend(Backend):
    """Costs of Arrays on the default device, for points and directions that are NumPy's."""

    def __init__(self):
        super().__init__("xnn")

    @staticmethod
    def is_available():
        return True

    def prepare_function(self, function):
        return lambda *point: function(*map(xp.asarray, point)).item()

    def generate_gradient_operator(self, function, num_arguments):
        gradient = xp.grad(function, tuple(range(num_arguments)))
        return self._given_back(lambda point: gradient(*map(xp.asarray, point)), num_arguments)

    def generate_hessian_operator(self, function, num_arguments):
        def product(both):
            arrays = tuple(map(xp.asarray, both))
            return xp.hvp(function, arrays[:num_arguments], arrays[num_arguments:])

        return self._given_back(product, num_arguments)

    @staticmethod
    def _given_back(function, num_arguments):
        def call(*args):
            found = [x.numpy() for x in function(args)]
            return found[0] if num_arguments == 1 else found

        return call


function_of = backend_decorator_factory(XnnBackend)


def minimize(optimizer, manifold, cost, start):
    problem = pymanopt.Problem(manifold, function_of(manifold)(cost))
    return optimizer(verbosity=0, min_gradient_norm=1e-8, max_iterations=500).run(problem, initial_point=start).point


def first(n):
    start = np.zeros(n)
    start[0] = 1.0
    return start


@pytest.fixture
def default(place):
    """The device of `place` is the default one."""
    with xp.use_device(place):
        yield place


OPTIMIZERS = ["ConjugateGradient", "SteepestDescent", "TrustRegions"]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_largest_eigenvalue(name, default):
    (matrix,) = on(default, [SYMMETRIC])
    found = minimize(getattr(optimizers, name), manifolds.Sphere(6), lambda x: -x @ matrix @ x, first(6))
    assert found @ SYMMETRIC @ found == pytest.approx(np.linalg.eigvalsh(SYMMETRIC)[-1], rel=1e-10)


def test_the_nearest_rotation(default):
    """By a cost that is plain NumPy's."""
    (target,) = on(default, [MATRIX[:3, :3]])
    rotations = manifolds.SpecialOrthogonalGroup(3)
    found = minimize(optimizers.TrustRegions, rotations, lambda x: np.sum((x - target) ** 2), np.eye(3))
    u, _, v = np.linalg.svd(MATRIX[:3, :3])
    np.testing.assert_allclose(found, u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v, atol=1e-6)


def test_a_point_of_several_arrays(default):
    """The best approximation of a matrix by one of rank 1: its largest singular value."""
    manifold = manifolds.Product([manifolds.Sphere(5), manifolds.Sphere(4), manifolds.Euclidean(1)])
    (matrix,) = on(default, [MATRIX])

    def cost(u, v, s):
        return xp.sum((matrix - s * xp.linalg.outer(u, v)) ** 2)

    u, v, s = minimize(optimizers.ConjugateGradient, manifold, cost, [first(5), first(4), np.ones(1)])
    assert s == pytest.approx(np.linalg.svd(MATRIX)[1][0] * np.sign(u @ MATRIX @ v), rel=1e-8)


def test_gradients_alone(default):
    """By pymanopt's own backend for NumPy, whose functions take and give NumPy's arrays."""
    manifold, (matrix,) = manifolds.Sphere(6), on(default, [SYMMETRIC])

    def cost(x):
        return -xp.sum(x * (matrix @ x))

    @pymanopt.function.numpy(manifold)
    def values(x):
        return cost(xp.asarray(x)).item()

    @pymanopt.function.numpy(manifold)
    def gradients(x):
        return xp.grad(cost)(xp.asarray(x)).numpy()

    problem = pymanopt.Problem(manifold, values, euclidean_gradient=gradients)
    found = optimizers.ConjugateGradient(verbosity=0).run(problem, initial_point=first(6)).cost
    assert -found == pytest.approx(np.linalg.eigvalsh(SYMMETRIC)[-1], rel=1e-6)
