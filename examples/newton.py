"""Derivatives without a network: Newton's method finds a minimum with first and second derivatives.

Run it: `python examples/newton.py`.
"""

import xnn as xp

x = xp.asarray(2.0, dtype=xp.float64, device="cpu", requires_grad=True)
for _ in range(8):
    y = x**4 - 3 * x**2 + x
    y.backward(create_graph=True)
    slope, x.grad = x.grad, None
    slope.backward()
    curvature, x.grad = x.grad, None
    print(f"x = {float(x):.12f}   f'(x) = {float(slope):+.2e}   f''(x) = {float(curvature):.4f}")
    with xp.no_grad():
        x -= slope.detach() / curvature
