"""Expectation maximisation of a hidden Markov model, whose expected counts are the gradient of the log partition."""

import autograd.numpy as np
from autograd import value_and_grad as vgrad
from autograd.scipy.special import logsumexp


def normalize(a):
    return a / np.where(a.sum(-1, keepdims=True) > 0.0, a.sum(-1, keepdims=True), 1.0)


def log_partition(natural, sequences):
    log_pi, log_a, log_b = natural
    total = 0.0
    for sequence in sequences:
        log_alpha = log_pi
        for y in sequence:
            log_alpha = logsumexp(log_alpha[:, None] + log_a, axis=0) + log_b[:, y]
        total = total + logsumexp(log_alpha)
    return total


def run(pi, a, b):
    params = [normalize(p) for p in (pi, a, b)]
    sequences = [[0, 1, 2, 3, 0, 1], [2, 2, 1, 0]]
    values = []
    for _ in range(3):
        value, counts = vgrad(log_partition)(list(map(np.log, params)), sequences)
        values.append(value)
        params = list(map(normalize, counts))
    return [*params, np.array(values), np.allclose(np.sum(params[1], 1), 1.0)]


SHAPES = {"pi": "positive 3", "a": "positive 3 3", "b": "positive 3 4"}
