"""A variational autoencoder of binary pictures."""

import autograd.numpy as np
import autograd.scipy.stats.norm as norm
from autograd import grad
from autograd.scipy.special import expit as sigmoid


def layer(params, x):
    return np.dot(x, params[0]) + params[1]


def run(images, noise, w1, b1, w2, b2, w3, b3, w4, b4):
    data = (images > 0) * 1.0

    def lower_bound(params):
        out = layer(params[1], np.tanh(layer(params[0], data)))
        mean, log_std = out[:, :2], out[:, 2:]
        z = mean + noise * np.exp(log_std)
        logits = layer(params[3], np.tanh(layer(params[2], z)))
        log_likelihood = np.sum(-np.logaddexp(0.0, np.where(data > 0, -1.0, 1.0) * logits), axis=-1)
        log_prior = np.sum(norm.logpdf(z, 0.0, 1.0), -1)
        log_q = np.sum(norm.logpdf(z, mean, np.exp(log_std)), -1)
        return -np.mean(log_likelihood + log_prior - log_q)

    params = [[w1, b1], [w2, b2], [w3, b3], [w4, b4]]
    for _ in range(3):
        found = grad(lower_bound)(params)
        params = [[p - 0.05 * g for p, g in zip(*pair)] for pair in zip(params, found)]
    pictures = sigmoid(layer(params[3], np.tanh(layer(params[2], noise))))
    return [params[0][0], params[3][1], lower_bound(params), pictures]


SHAPES = {
    "images": (5, 6), "noise": (5, 2), "w1": (6, 4), "b1": (4,), "w2": (4, 4), "b2": (4,), "w3": (2, 4), "b3": (4,),
    "w4": (4, 6), "b4": (6,),
}  # fmt: skip
