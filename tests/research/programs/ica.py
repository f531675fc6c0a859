"""Independent component analysis by the likelihood of a Student-t source."""

import autograd.numpy as np
from autograd import elementwise_grad, value_and_grad
from autograd.scipy.stats import t


def run(data, w):
    def log_density(s):
        return t.logpdf(s, 5.0)

    def loss(w):
        sources = np.matmul(data, w.T)
        _, log_det = np.linalg.slogdet(w)
        return -np.mean(np.sum(log_density(sources), axis=1)) - log_det

    w = w + 2 * np.eye(3)
    for _ in range(4):
        value, gradient = value_and_grad(loss)(w)
        w = w - 0.1 * np.dot(gradient, np.dot(w.T, w))  # the natural gradient
    whitened = data - np.mean(data, axis=0)
    cov = np.dot(whitened.T, whitened) / data.shape[0]
    return [w, value, elementwise_grad(log_density)(data[0]), np.sort(np.linalg.eigvalsh(cov))]


SHAPES = {"data": (10, 3), "w": (3, 3)}
