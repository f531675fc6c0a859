"""A generative adversarial network: two gradients of one objective, one climbed and one descended."""

import autograd.numpy as np
from autograd import grad


def relu(x):
    return np.maximum(0, x)


def sigmoid(x):
    return 0.5 * (np.tanh(x) + 1.0)


def logsigmoid(x):
    return x - np.logaddexp(0, x)


def network(params, x, last):
    (w1, b1), (w2, b2) = params
    hidden = relu(np.dot(x, w1) + b1)
    hidden = (hidden - np.mean(hidden, axis=0)) / np.sqrt(np.var(hidden, axis=0) + 0.01)
    return last(np.dot(hidden, w2) + b2)


def run(data, noise, g1, c1, g2, c2, d1, e1, d2, e2):
    def objective(generator, critic):
        fake = network(generator, noise, sigmoid)
        right = network(critic, data, logsigmoid)
        wrong = network(critic, fake, lambda x: logsigmoid(-x))
        return np.mean(right) + np.mean(wrong)

    generator, critic = [(g1, c1), (g2, c2)], [(d1, e1), (d2, e2)]
    for _ in range(3):
        down, up = grad(objective, (0, 1))(generator, critic)
        generator = [tuple(p - 0.1 * g for p, g in zip(*pair)) for pair in zip(generator, down)]
        critic = [tuple(p + 0.1 * g for p, g in zip(*pair)) for pair in zip(critic, up)]
    return [generator[0][0], critic[1][1], objective(generator, critic)]


SHAPES = {
    "data": (6, 3), "noise": (6, 2), "g1": (2, 5), "c1": (5,), "g2": (5, 3), "c2": (3,), "d1": (3, 5), "e1": (5,),
    "d2": (5, 1), "e2": (1,),
}  # fmt: skip
