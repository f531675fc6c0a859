"""A mixture of Gaussians by Newton's method with Hessian products and conjugate gradients."""

import autograd.numpy as np
import autograd.scipy.stats.multivariate_normal as mvn
from autograd import grad
from autograd.misc.flatten import flatten
from autograd.scipy.special import logsumexp


def log_likelihood(params, data):
    scores = []
    log_shares = params["log shares"] - logsumexp(params["log shares"])
    for i in range(2):
        root = params["roots"][i] + 2 * np.eye(2)
        scores.append(log_shares[i] + mvn.logpdf(data, params["means"][i], np.dot(root.T, root)))
    return np.sum(logsumexp(np.vstack(scores), axis=0))


def run(data, means, roots, shares):
    flat, unflatten = flatten({"means": means, "roots": roots, "log shares": shares})

    def objective(vector):
        return -log_likelihood(unflatten(vector), data) + 0.5 * np.dot(vector, vector)

    def product(x, v):
        return grad(lambda x: np.dot(grad(objective)(x), v))(x)

    for _ in range(2):
        g = grad(objective)(flat)
        step, r = np.zeros(flat.shape), -g
        p, rr = r, np.dot(r, r)
        for _ in range(4):
            hp = product(flat, p)
            alpha = rr / np.dot(p, hp)
            step, r = step + alpha * p, r - alpha * hp
            p, rr = r + np.dot(r, r) / rr * p, np.dot(r, r)
        flat = flat + 0.1 * step
    return [flat, objective(flat), product(flat, g)]


SHAPES = {"data": (9, 2), "means": (2, 2), "roots": (2, 2, 2), "shares": (2,)}
