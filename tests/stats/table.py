"""Every distribution, with parameters to be compared with SciPy's."""

CONTINUOUS = {
    "norm": (), "laplace": (), "cauchy": (), "logistic": (), "expon": (), "uniform": (), "gumbel_r": (), "gumbel_l": (),
    "halfnorm": (), "gamma": (2.5,), "chi2": (3.0,), "invgamma": (3.5,), "beta": (2.0, 3.5), "t": (4.5,),
    "lognorm": (0.7,), "pareto": (3.2,), "weibull_min": (1.7,), "truncnorm": (-0.5, 2.0), "vonmises": (2.5,),
}  # fmt: skip
DISCRETE = {"poisson": (2.5,), "binom": (7.0, 0.3), "nbinom": (3.5, 0.4), "geom": (0.3,), "bernoulli": (0.3,)}
# Parameters out of their range.
INVALID = {
    "gamma": (-1.0,), "chi2": (0.0,), "invgamma": (0.0,), "beta": (1.0, -1.0), "t": (0.0,), "lognorm": (-1.0,),
    "pareto": (0.0,), "weibull_min": (-2.0,), "truncnorm": (1.0, 0.0), "vonmises": (-1.0,), "poisson": (-1.0,),
    "binom": (3.0, 1.5), "nbinom": (1.0, 0.0), "geom": (0.0,), "bernoulli": (1.5,),
}  # fmt: skip
VECTORS = ("multivariate_normal", "dirichlet", "wishart", "multinomial", "categorical")
