"""A multilayer perceptron on batches, with an L2 penalty and Adam: classification of points on two rings."""

import autograd.numpy as np
from autograd import grad
from autograd.misc.flatten import flatten
from autograd.scipy.special import logsumexp


def predict(params, inputs):
    for weights, bias in params:
        outputs = np.dot(inputs, weights) + bias
        inputs = np.tanh(outputs)
    return outputs - logsumexp(outputs, axis=1, keepdims=True)


def log_posterior(params, inputs, targets, precision):
    flat, _ = flatten(params)
    log_prior = -precision * np.dot(flat, flat)
    return log_prior + np.sum(predict(params, inputs) * targets)


def run(inputs, targets, w1, b1, w2, b2):
    def objective(params, i):
        batch = slice(4 * (i % 3), 4 * (i % 3) + 4)
        return -log_posterior(params, inputs[batch], targets[batch], 0.1)

    params, m, v = [(w1, b1), (w2, b2)], [(0.0, 0.0)] * 2, [(0.0, 0.0)] * 2
    for i in range(8):
        found = grad(objective)(params, i)
        m = [tuple(0.9 * a + 0.1 * g for a, g in zip(*pair)) for pair in zip(m, found)]
        v = [tuple(0.99 * a + 0.01 * g**2 for a, g in zip(*pair)) for pair in zip(v, found)]
        scale = np.sqrt(1 - 0.99 ** (i + 1)) / (1 - 0.9 ** (i + 1))
        params = [
            tuple(p - 0.05 * scale * a / (np.sqrt(b) + 1e-8) for p, a, b in zip(*triple))
            for triple in zip(params, m, v)
        ]
    accuracy = np.mean(np.argmax(predict(params, inputs), axis=1) == np.argmax(targets, axis=1))
    return [params[0][0], params[1][1], objective(params, 0), accuracy]


SHAPES = {"inputs": (12, 2), "targets": "one-hot 12 3", "w1": (2, 5), "b1": (5,), "w2": (5, 3), "b2": (3,)}
