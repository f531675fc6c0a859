"""Black-box variational inference of a Bayesian neural network: the gradient of a Monte Carlo lower bound."""

import autograd.numpy as np
import autograd.scipy.stats.multivariate_normal as mvn
import autograd.scipy.stats.norm as norm
from autograd import grad


def unpack(weights, sizes):
    samples = len(weights)
    for m, n in sizes:
        yield weights[:, : m * n].reshape((samples, m, n)), weights[:, m * n : m * n + n].reshape((samples, 1, n))
        weights = weights[:, (m + 1) * n :]


def predictions(weights, inputs):
    inputs = np.expand_dims(inputs, 0)
    for w, b in unpack(weights, [(1, 4), (4, 1)]):
        outputs = np.einsum("mnd,mdo->mno", inputs, w) + b
        inputs = np.tanh(outputs)
    return outputs


def log_density(weights, inputs, targets):
    log_prior = -0.1 * np.sum(weights**2, axis=1)
    log_likelihood = -np.sum((predictions(weights, inputs) - targets) ** 2, axis=1)[:, 0] / 0.1
    return log_prior + log_likelihood


def run(inputs, targets, noise, mean, log_std):
    def lower_bound(params):
        mean, log_std = params
        samples = noise * np.exp(log_std) + mean
        entropy = 0.5 * len(mean) * (1.0 + np.log(2 * np.pi)) + np.sum(log_std)
        log_q = mvn.logpdf(samples, mean, np.diag(np.exp(2 * log_std)))
        own = np.sum(norm.logpdf(samples, mean, np.exp(log_std)), axis=1)
        return -entropy - np.mean(log_density(samples, inputs, targets)) + 0.1 * np.mean(log_q - 0.5 * own)

    params = [mean, log_std]
    for _ in range(4):
        params = [p - 0.01 * g for p, g in zip(params, grad(lower_bound)(params))]
    return [*params, lower_bound(params)]


SHAPES = {"inputs": (6, 1), "targets": (6, 1), "noise": (3, 13), "mean": (13,), "log_std": (13,)}
