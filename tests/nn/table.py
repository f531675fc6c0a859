"""All rows of tests/nn/rows: one or more for each layer and each function."""

import importlib
import pkgutil

from tests.nn import rows

FAMILIES = [importlib.import_module(f"{rows.__name__}.{found.name}") for found in pkgutil.iter_modules(rows.__path__)]
ROWS = [row for family in FAMILIES for row in getattr(family, "ROWS", ())]
FUNCTIONS = [row for family in FAMILIES for row in getattr(family, "FUNCTIONS", ())]
