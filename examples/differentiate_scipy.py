"""SciPy's functions, differentiated: a robust estimate of the speed of light, with its standard errors.

In 1882 Simon Newcomb measured 66 times how long light takes for 7442 metres: 24,800 nanoseconds, and what is listed
below. Two of his numbers are far off. A normal distribution follows them; Student's t, whose tails are heavier, does
not, and its degrees of freedom say how heavy they are. Its three parameters are fitted by maximum likelihood.

SciPy knows nothing of xnn. It asks an array for its namespace, so the likelihood below, written with SciPy's special
functions, has derivatives of every order: the gradient for SciPy's own optimizer, the curvature that the standard
errors come from, and, mixed, how much the estimate owes to each single measurement.

Run it: `python examples/differentiate_scipy.py`. It needs SciPy: `python -m pip install scipy`.
"""

import os

os.environ["SCIPY_ARRAY_API"] = "1"  # before SciPy is imported: its functions then take arrays of any library

import xnn as xp

try:
    from scipy import optimize, special, stats
except ImportError:
    raise SystemExit("this example needs SciPy: python -m pip install scipy") from None

# S. M. Stigler, "Do robust estimators work with real data?", Annals of Statistics 5 (1977)
NEWCOMB = """28 26 33 24 34 -44 27 16 40 -2 29 22 24 21 25 30 23 29 31 19 24 20 36 32 36 28 25 21 28 29 37 25 28 26 30
             32 36 26 30 22 36 23 27 27 28 27 31 27 26 33 26 32 32 24 39 28 24 25 32 25 29 27 28 29 16 23"""
times = xp.asarray([float(number) for number in NEWCOMB.split()], dtype=xp.float64, device="cpu")


def natural(theta):
    """Location, scale and degrees of freedom: the last two are positive, so their logarithms are fitted."""
    return xp.stack([theta[0], xp.exp(theta[1]), xp.exp(theta[2])])


def loss(theta, x):
    """Minus the logarithm of the likelihood of x under Student's t distribution."""
    location, scale, freedom = natural(theta)
    half = (freedom + 1) / 2
    z = (x - location) / scale
    constant = special.gammaln(half) - special.gammaln(freedom / 2) - 0.5 * xp.log(xp.pi * freedom) - theta[1]
    return xp.sum(special.xlog1py(half, z**2 / freedom) - constant)


# The optimizer works on NumPy arrays. Given those, xnn's transforms give those back.
start = [float(stats.trim_mean(times, 0.1)), 1.0, 1.0]
fit = optimize.minimize(xp.value_and_grad(loss), start, args=(times.numpy(),), jac=True, method="BFGS")
theta = xp.asarray(fit.x, device="cpu")

# The estimate's covariance is the inverse of the curvature of the loss, carried over to the natural parameters.
covariance = xp.linalg.inv(xp.hessian(loss)(theta, times))
slope = xp.jacobian(natural)(theta)
errors = xp.sqrt(xp.linalg.diagonal(slope @ covariance @ slope.T))

print(f"{fit.nit} steps of BFGS; the gradient is then {float(xp.max(xp.abs(xp.grad(loss)(theta, times)))):.1e}\n")
for name, value, error in zip(("location", "scale", "degrees of freedom"), natural(theta), errors, strict=True):
    print(f"{name:>20} {float(value):6.2f} ± {float(error):.2f}")
print(f"{'mean':>20} {float(xp.mean(times)):6.2f} ± {float(stats.sem(times)):.2f}   (a normal distribution's location)")

# Where the loss is smallest its gradient is 0 for all data: so d theta / d x = -H^-1 d(gradient) / d x.
owes = -covariance @ xp.jacobian(xp.grad(loss), argnums=1)(theta, times)
print("\nif one measurement were 1 ns more, the estimate would be more by")
for i in (0, 6, 9, 5):
    print(f"{f'for {float(times[i]):.0f}':>20} {float(owes[0, i]):7.4f} ns  (the mean: {1 / times.size:.4f} ns)")
