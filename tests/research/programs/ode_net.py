"""A neural ordinary differential equation, fitted to a trajectory through the solver."""

import autograd.numpy as np
from autograd import grad
from autograd.builtins import tuple
from autograd.scipy.integrate import odeint


def network(inputs, params):
    for w, b in params[:-1]:
        inputs = np.tanh(np.dot(inputs, w) + b)
    w, b = params[-1]
    return np.dot(inputs, w) + b


def run(y0, target, w1, b1, w2, b2):
    times = np.linspace(0.0, 1.0, 4)

    def slope(y, t, w1, b1, w2, b2):
        return network(y**3, [(w1, b1), (w2, b2)])

    def loss(params):
        y = odeint(slope, y0, times, tuple(params), rtol=1e-9, atol=1e-9)
        return np.mean(np.abs(y - target) ** 2)

    params = [w1, b1, w2, b2]
    for _ in range(2):
        params = [p - 0.1 * g for p, g in zip(params, grad(loss)(params))]
    return [params[0], params[3], loss(params)]


SHAPES = {"y0": (2,), "target": (4, 2), "w1": (2, 4), "b1": (4,), "w2": (4, 2), "b2": (2,)}
TOLERANCE = 1e-5  # of the solvers, which are different ones
