"""A fluid on a torus, whose first velocities are changed until smoke makes a shape: gradients through a simulation."""

import autograd.numpy as np
from autograd import value_and_grad


def project(vx, vy):
    """Nearly free of divergence, by some steps of Gauss and Seidel."""
    p = np.zeros(vx.shape)
    divergence = -0.5 * (
        np.roll(vx, -1, axis=1) - np.roll(vx, 1, axis=1) + np.roll(vy, -1, axis=0) - np.roll(vy, 1, axis=0)
    )
    for _ in range(3):
        around = np.roll(p, 1, axis=1) + np.roll(p, -1, axis=1) + np.roll(p, 1, axis=0) + np.roll(p, -1, axis=0)
        p = (divergence + around) / 4.0
    vx = vx - 0.5 * (np.roll(p, -1, axis=1) - np.roll(p, 1, axis=1))
    vy = vy - 0.5 * (np.roll(p, -1, axis=0) - np.roll(p, 1, axis=0))
    return vx, vy


def advect(f, vx, vy):
    """What was upstream, between the four cells around that place."""
    rows, cols = f.shape
    ys, xs = np.meshgrid(np.arange(cols), np.arange(rows))
    x = (xs - vx).ravel()
    y = (ys - vy).ravel()
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    rw, bw = x - left, y - top
    left, right = np.mod(left, rows), np.mod(left + 1, rows)
    top, bottom = np.mod(top, cols), np.mod(top + 1, cols)
    flat = (1 - rw) * ((1 - bw) * f[left, top] + bw * f[left, bottom])
    flat = flat + rw * ((1 - bw) * f[right, top] + bw * f[right, bottom])
    return np.reshape(flat, (rows, cols))


def run(smoke, target, vx, vy):
    def loss(params):
        vx, vy = np.reshape(params[0], (5, 5)), np.reshape(params[1], (5, 5))
        now = smoke
        for _ in range(3):
            updated = advect(vx, vx, vy), advect(vy, vx, vy)
            vx, vy = project(*updated)
            now = advect(now, vx, vy)
        return np.mean((now - target) ** 2)

    params = np.stack([vx.ravel(), vy.ravel()])
    for _ in range(3):
        value, gradient = value_and_grad(loss)(params)
        params = params - 2.0 * gradient
    return [params, value]


SHAPES = {"smoke": "positive 5 5", "target": "positive 5 5", "vx": (5, 5), "vy": (5, 5)}
