"""What is loaded when it is first asked for: the distributions, by the family that has them."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["LATER", "NAMES", "NUMPYS_NAMES", "Later", "load"]

# Methods of Generator: modules of this package, whose class of the family's name has them.
LATER: dict[str, tuple[str, ...]] = {
    "choices": ("categorical", "choice", "integers", "multinomial", "permutation", "randint", "shuffle"),
    "continuous": (
        "cauchy", "exponential", "gumbel", "laplace", "logistic", "lognormal", "pareto", "rayleigh",
        "standard_cauchy", "standard_exponential", "truncated_normal", "weibull",
    ),
    "counts": ("bernoulli", "binomial", "geometric", "negative_binomial", "poisson"),
    "gammas": ("beta", "chisquare", "dirichlet", "gamma", "standard_gamma", "standard_t"),
    "normals": (
        "_located_normal", "_located_uniform", "multivariate_normal", "rand", "randn", "random", "random_sample",
        "standard_normal",
    ),
}  # fmt: skip
NUMPYS_NAMES = ("RandomState", "default_rng", "seed")
NAMES = (
    *(name for names in LATER.values() for name in names if name[0] != "_"),
    *("spawn", "split", *NUMPYS_NAMES),
)


def load(chapter: str, name: str) -> Any:
    """A name of a module of this package."""
    return getattr(importlib.import_module(f"xnn.random.{chapter}"), name)


class Later:
    """A method that its family brings: to read it puts all of the family in its place."""

    __slots__ = ("chapter", "kind", "name")

    def __init__(self, kind: type, chapter: str, name: str) -> None:
        self.kind, self.chapter, self.name = kind, chapter, name

    def __get__(self, instance: object, owner: type) -> Any:
        family = vars(load(self.chapter, self.chapter.capitalize()))
        for name in family.keys() - {*vars(object), "__dict__", "__module__", "__weakref__"}:
            setattr(self.kind, name, family[name])
        return getattr(owner if instance is None else instance, self.name)
