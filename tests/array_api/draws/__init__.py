"""How the arguments of each function of the standard are drawn: `DRAWS`, strategies of calls by name."""

from tests.array_api.draws import creation, elementwise, fourier, linear_algebra, reductions, shapes
from tests.array_api.draws.arrays import HERE, Call

__all__ = ["DRAWS", "HERE", "Call"]

CHAPTERS = (creation, elementwise, fourier, linear_algebra, reductions, shapes)
DRAWS = {name: strategy for chapter in CHAPTERS for name, strategy in chapter.DRAWS.items()}
