"""A long short-term memory, its gates concatenated."""

import autograd.numpy as np
import autograd.numpy.linalg as la
from autograd import value_and_grad


def sigmoid(x):
    return 0.5 * (np.tanh(x / 2) + 1.0)


def run(sequence, target, h0, c0, gates, out):
    def concat_and_multiply(weights, *args):
        return np.dot(np.hstack([*args, np.ones((args[0].shape[0], 1))]), weights)

    def loss(params):
        h = np.repeat(params["h0"], sequence.shape[1], axis=0)
        c = np.repeat(params["c0"], sequence.shape[1], axis=0)
        for x in sequence:
            change, forget, ingate, outgate = np.split(concat_and_multiply(params["gates"], x, h), 4, axis=1)
            c = c * sigmoid(forget) + sigmoid(ingate) * np.tanh(change)
            h = sigmoid(outgate) * np.tanh(c)
        return np.mean((concat_and_multiply(params["out"], h) - target) ** 2) + 0.01 * la.norm(params["out"])

    params = {"h0": h0, "c0": c0, "gates": gates, "out": out}
    for _ in range(3):
        value, found = value_and_grad(loss)(params)
        params = {name: params[name] - 0.3 * found[name] for name in params}
    return [*params.values(), value]


SHAPES = {"sequence": (4, 3, 2), "target": (3, 1), "h0": (1, 3), "c0": (1, 3), "gates": (6, 12), "out": (4, 1)}
