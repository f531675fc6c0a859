"""A recurrent network that predicts the next of a text's characters."""

import autograd.numpy as np
from autograd import grad
from autograd.scipy.special import logsumexp


def run(h0, change, predict):
    text = [ord(c) % 5 for c in "recurrent"]
    inputs = np.array([[[float(k == c) for k in range(5)]] for c in text])

    def outputs(params):
        hiddens = np.repeat(params["h0"], inputs.shape[1], axis=0)
        found = []
        for t in range(inputs.shape[0]):
            together = np.hstack((inputs[t], hiddens, np.ones((hiddens.shape[0], 1))))
            hiddens = np.tanh(np.dot(together, params["change"]))
            scores = np.dot(np.hstack((hiddens, np.ones((hiddens.shape[0], 1)))), params["predict"])
            found.append(scores - logsumexp(scores, axis=1, keepdims=True))
        return found

    def loss(params):
        log_likelihood = 0.0
        for t, out in enumerate(outputs(params)[:-1]):
            log_likelihood += np.sum(out * inputs[t + 1])
        return -log_likelihood / len(text)

    params = {"h0": h0, "change": change, "predict": predict}
    for _ in range(4):
        found = grad(loss)(params)
        params = {name: params[name] - 0.2 * found[name] for name in params}
    return [*params.values(), loss(params), np.argmax(outputs(params)[0], axis=1)]


SHAPES = {"h0": (1, 4), "change": (10, 4), "predict": (5, 5)}
