"""Variational inference with natural gradients: the Fisher matrix is that of the Gaussian family, diagonal."""

import autograd.numpy as np
import autograd.scipy.stats.norm as norm
from autograd import grad


def run(noise, mean, log_std):
    def log_density(x):
        mu, log_sigma = x[:, 0], x[:, 1]
        return norm.logpdf(log_sigma, 0, 1.35) + norm.logpdf(mu, 0, np.exp(log_sigma))

    def objective(params):
        mean, log_std = params[:2], params[2:]
        samples = noise * np.exp(log_std) + mean
        return -(np.sum(log_std) + np.mean(log_density(samples)))

    params = np.concatenate([mean, log_std])
    way = []
    for _ in range(6):
        gradient = grad(objective)(params)
        fisher = np.concatenate([np.exp(-2 * params[2:]), 2 * np.ones(2)])
        params = params - 0.05 * gradient / fisher
        way.append(objective(params))
    return [params, np.array(way)]


SHAPES = {"noise": (20, 2), "mean": (2,), "log_std": (2,)}
