"""Derivatives of a scalar of the program: against finite differences of NumPy's run, and against torch.autograd.

The scalar is the sum of all floating results with random weights, its real part, in float64. Central differences with
two steps give a value and how far it is off; where the two disagree, or the differences to either side do, the point is
near a kink or a jump, and the program counts as skipped. What is compared is the derivative along a random direction,
in which each element of each gradient takes part; the room is 1e-6 of the sum of the absolute values of its terms.
"""

import numpy as np

import xnn as xp
from tests.oracle import torch
from tests.programs.comparison import Failure, agree
from tests.programs.program import ORACLE
from tests.tolerances import RELATIVE

from .torch_names import TorchNames

TYPES = {"float64": 8, "complex128": 1, "int64": 1, "bool": 1}
STEP = 1e-4
ROOM = 1e-6


def options(number):
    return {"types": TYPES, "calm": True, "default": "float64", "refusals": False}


class Scalar:
    """The scalar of a program, as a function of the floating inputs, in each library."""

    def __init__(self, program, number):
        self.program = program
        self.arrays = program.arrays()
        self.where = [i for i, x in enumerate(self.arrays) if x.dtype.kind in "fc"]
        self.points = [self.arrays[i] for i in self.where]
        self.rng = np.random.default_rng(number)
        self.in_numpy = program.function("numpy", **ORACLE)
        outs = self.in_numpy(*(np.array(x) for x in self.arrays))
        self.kept = [i for i, out in enumerate(outs) if np.asarray(out).dtype.kind in "fc"]
        self.weights = [weights_of(self.rng, np.asarray(outs[i])) for i in self.kept]
        self.directions = [weights_of(self.rng, x) for x in self.points]

    def numpy(self, *points):
        with_points = self.with_points([np.array(x) for x in points], np.array)
        outs = self.in_numpy(*with_points)
        return float(sum(np.sum(outs[i] * w).real for i, w in zip(self.kept, self.weights, strict=True)))

    def xnn(self, *points):
        function = self.program.function(xp=xp)
        outs = function(*self.with_points(points, xp.asarray))
        return self.weighed(xp, outs, [xp.asarray(w) for w in self.weights])

    def torch(self, *points):
        function = self.program.function("torch", xp=TorchNames(), copied=torch.clone)
        outs = function(*self.with_points(points, lambda x: torch.tensor(np.array(x))))
        return self.weighed(torch, outs, [torch.tensor(w) for w in self.weights])

    def weighed(self, xp, outs, weights):
        total = 0.0
        for i, w in zip(self.kept, weights, strict=True):
            term = xp.sum(outs[i] * w)
            total = total + (xp.real(term) if np.iscomplexobj(self.weights[self.kept.index(i)]) else term)
        return total

    def with_points(self, points, made):
        """All inputs, the floating ones from `points`."""
        arrays = [None if i in self.where else made(x) for i, x in enumerate(self.arrays)]
        for i, x in zip(self.where, points, strict=True):
            arrays[i] = x
        return arrays

    def along(self, gradients):
        """The derivative along the directions, and the sum of its terms' absolute values."""
        terms = [np.real(np.conj(g) * d) for g, d in zip(gradients, self.directions, strict=True)]
        return sum(t.sum() for t in terms), sum(np.abs(t).sum() for t in terms)

    def moved(self, step):
        return [x + step * d for x, d in zip(self.points, self.directions, strict=True)]


def weights_of(rng, x):
    """Weights from 0.5 to 1.5 of either sign, complex ones for complex numbers."""
    drawn = rng.uniform(0.5, 1.5, x.shape) * rng.choice([-1.0, 1.0], size=x.shape)
    return np.asarray(drawn + 1j * rng.uniform(0.5, 1.5, x.shape) if x.dtype.kind == "c" else drawn)


def check(program, number=0):
    """Hold a program's derivatives against the oracles; raise Failure. "checked" or why it was not."""
    if not any(x.values.dtype.kind in "fc" for x in program.inputs):
        return "without a floating input"
    scalar = Scalar(program, number)
    if not scalar.kept:
        return "without a floating result"
    gradients = guarded("grad", lambda: xp.grad(scalar.xnn, argnums=tuple(range(len(scalar.points))))(*scalar.points))
    for g, x in zip(gradients, scalar.points, strict=True):
        if (g.shape, g.dtype) != (x.shape, x.dtype):
            raise Failure("gradient: type", f"{g.dtype}{g.shape} in the place of {x.dtype}{x.shape}")
    expected = slope(scalar)
    if expected is None:
        return "skipped at a kink"
    value, doubt = expected
    came, size = scalar.along(gradients)
    if not abs(came - value) <= ROOM * size + doubt:
        if has_torch(scalar) and same_in_torch(scalar, gradients):
            return "PyTorch's choice"
        raise Failure("finite differences", f"the derivative is {came!r} in the place of {value!r} ± {doubt!r}")
    check_forward(scalar, gradients)
    check_backward(scalar, gradients)
    if number % 3 == 0:
        check_second(scalar)
    if number % 5 == 0:
        check_single(scalar)
    return "checked, with PyTorch" if check_torch(scalar, gradients) else "checked"


def guarded(what, run):
    try:
        return run()
    except Exception as error:
        raise Failure(f"{what} raised {type(error).__name__}", str(error)) from error


def slope(scalar):
    """The derivative along the directions by differences, and how far it may be off; None where there is none."""
    both = []
    try:
        centre = scalar.numpy(*scalar.points)
        for step in (STEP, STEP / 2):
            up, down = scalar.numpy(*scalar.moved(step)), scalar.numpy(*scalar.moved(-step))
            both.append(((up - down) / (2 * step), (up - 2 * centre + down) / step))
    except (ValueError, IndexError):
        return None  # a mask has another number of elements
    (coarse, bend), (fine, half_bend) = both
    value = (4 * fine - coarse) / 3
    doubt = abs(coarse - fine)
    noise = 1e-13 * (abs(centre) + 1) / STEP
    if not np.isfinite(value) or doubt > 1e-3 * (1 + abs(value)):
        return None
    kink = abs(2 * half_bend - bend)  # by how much the slopes to either side differ, however short the step
    if kink > 1e-5 * (1 + abs(value)) + 1e2 * noise:
        return None
    return value, doubt + noise + kink


def check_forward(scalar, gradients):
    _, tangent = guarded("jvp", lambda: xp.jvp(scalar.xnn, tuple(scalar.points), tuple(scalar.directions)))
    came, (expected, size) = float(tangent), scalar.along(gradients)
    if not abs(came - expected) <= 1e-9 * size + 1e-12 * (1 + abs(scalar.numpy(*scalar.points))):
        raise Failure("jvp", f"{came!r} in the place of {expected!r}, which vjp gives")


def check_backward(scalar, gradients):
    leaves = [xp.asarray(np.array(x), requires_grad=True) for x in scalar.points]
    changed = {s.name for s in scalar.program.statements if s.in_place} & set(scalar.program.names)
    args = [x + 0 for x in leaves] if changed else leaves  # a leaf cannot be changed in place
    total = guarded("the graph", lambda: scalar.xnn(*args))
    if not total.requires_grad:
        if any(g.any() for g in gradients):
            raise Failure("backward", "the result is off the graph, and grad is not 0")
        return
    guarded("backward", lambda: total.backward())
    for x, g in zip(leaves, gradients, strict=True):
        agree("backward", np.zeros_like(g) if x.grad is None else np.array(x.grad.numpy()), g, least=1e-12)


def check_second(scalar):
    """The Hessian times the directions, against differences of gradients, which finite differences have held."""
    numbers = tuple(range(len(scalar.points)))
    gradient = xp.grad(scalar.xnn, argnums=numbers)
    _, came = guarded("hvp", lambda: as_pair(xp.jvp(gradient, tuple(scalar.points), tuple(scalar.directions))))
    both = []
    for step in (STEP, STEP / 2):
        up, down = gradient(*scalar.moved(step)), gradient(*scalar.moved(-step))
        both.append([(a - b) / (2 * step) for a, b in zip(up, down, strict=True)])
    bends = [(a - 2 * b + c) / step for a, b, c in zip(up, gradient(*scalar.points), down, strict=True)]
    for h, coarse, fine, bend in zip(came, *both, bends, strict=True):
        size = np.abs(fine).max(initial=0)
        doubt = np.abs(coarse - fine).max(initial=0)
        if not np.isfinite(doubt) or max(doubt, np.abs(bend).max(initial=0) / 10) > 1e-3 * (1e-4 + size):
            return  # near a kink of the gradient
        off = np.abs(h - (4 * fine - coarse) / 3).max(initial=0)
        if not off <= 1e-5 * size + 2 * doubt + 1e-7:
            raise Failure("second order", f"{h!r}\nin the place of\n{fine!r}")


def check_single(scalar):
    """The gradient in float32, whose kernels are others, against the same points in float64."""
    points = [single(x) for x in scalar.points]
    gradient = xp.grad(scalar.xnn, argnums=tuple(range(len(points))))

    def doubled(nudge):
        doubles = [nudge(x).astype(y.dtype) for x, y in zip(points, scalar.points, strict=True)]
        return [single(g) for g in gradient(*doubles)]

    try:
        found = gradient(*points)
    except xp.errors.DTypeError:
        return  # it says float64 somewhere, beside which float32 does not go
    expected = doubled(lambda x: x)
    least = RELATIVE["float32"] * (1 + max(np.abs(g[np.isfinite(g)]).max(initial=0) for g in expected))
    for i, (came, wanted) in enumerate(zip(found, expected, strict=True)):
        agree("float32", came, wanted, lambda nudge, i=i: doubled(nudge)[i], least)


def single(x):
    """In float32 or complex64."""
    return np.asarray(x, "complex64" if x.dtype.kind == "c" else "float32")


def as_pair(found):
    value, tangent = found
    return value, tangent if isinstance(tangent, (tuple, list)) else (tangent,)


def has_torch(scalar):
    return torch_gradients(scalar, scalar.points) is not None


def torch_gradients(scalar, points):
    """PyTorch's gradients, or None where it does not run the program, or is not installed."""
    if not hasattr(torch, "__version__"):
        return None
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        leaves = [torch.tensor(np.array(x), requires_grad=True) for x in points]
        scalar.torch(*leaves).backward()
        return [
            np.zeros(x.shape, x.dtype) if t.grad is None else t.grad.resolve_conj().numpy()
            for t, x in zip(leaves, points, strict=True)
        ]
    except Exception:  # a function or a key that it does not have
        return None
    finally:
        torch.set_default_dtype(before)


def same_in_torch(scalar, gradients):
    return all(
        np.allclose(g, t, rtol=1e-8, atol=1e-8 * (np.abs(t[np.isfinite(t)]).max(initial=0)), equal_nan=True)
        for g, t in zip(gradients, torch_gradients(scalar, scalar.points), strict=True)
    )


def check_torch(scalar, gradients):
    """Whether PyTorch runs the program; its gradients are then ours."""
    found = torch_gradients(scalar, scalar.points)
    if found is None:
        return False
    for i, (g, t) in enumerate(zip(gradients, found, strict=True)):

        def again(nudge, i=i):
            other = torch_gradients(scalar, [nudge(x) for x in scalar.points])
            return found[i] if other is None else other[i]

        agree("PyTorch", np.array(g), t, again, least=1e-12)
    return True
