"""The table of statements: functions that draw one, each with its weight.

Such a function takes a draft (tests/programs/generator.py) and gives a Statement, or None where the draft has no
operand for it. A new one needs a line in its chapter's ROWS.
"""

from . import (
    assignments,
    elementwise,
    flow,
    indexing,
    manipulation,
    networks,
    operators,
    products,
    reductions,
    refusals,
    sorting,
)

CHAPTERS = (
    assignments, elementwise, flow, indexing, manipulation, networks, operators, products, reductions, refusals,
    sorting,
)  # fmt: skip
TABLE = {draw: weight for chapter in CHAPTERS for draw, weight in chapter.ROWS.items()}
