"""Gaussian-process regression: the marginal likelihood's gradient by the kernel's parameters, and predictions."""

import autograd.numpy as np
import autograd.scipy.stats.multivariate_normal as mvn
from autograd import value_and_grad
from autograd.numpy.linalg import solve


def covariance(params, x, y):
    lengths = np.exp(params[1:])
    differences = np.expand_dims(x / lengths, 1) - np.expand_dims(y / lengths, 0)
    return np.exp(params[0]) * np.exp(-0.5 * np.sum(differences**2, axis=2))


def unpack(params):
    return params[0], np.exp(params[1]) + 0.001, params[2:]


def run(x, y, new, params):
    def log_marginal(params):
        mean, noise, kernel = unpack(params)
        cov = covariance(kernel, x, x) + noise * np.eye(len(y))
        return mvn.logpdf(y, mean * np.ones(len(y)), cov)

    for _ in range(3):
        value, gradient = value_and_grad(log_marginal)(params)
        params = params + 0.02 * gradient
    mean, noise, kernel = unpack(params)
    across = covariance(kernel, new, x)
    inner = covariance(kernel, x, x) + noise * np.eye(len(y))
    predicted = mean + np.dot(across, solve(inner, y - mean))
    spread = covariance(kernel, new, new) - np.dot(across, solve(inner, across.T))
    return [params, value, predicted, np.diag(spread)]


SHAPES = {"x": (7, 2), "y": (7,), "new": (3, 2), "params": (5,)}
