"""What the kernel matrix calls each primitive with that has a kernel: a chapter for each file of operations.

A chapter has `CALLS: dict[str, list[Call]]`, by the names of the primitives. It is found by being here; a primitive
may have calls in several.
"""

import importlib
import pkgutil

from tests.ops.kernel_rows.call import Call

CALLS: dict[str, list[Call]] = {}
for _, chapter, _ in pkgutil.iter_modules(__path__):
    for name, calls in getattr(importlib.import_module(f"{__name__}.{chapter}"), "CALLS", {}).items():
        CALLS.setdefault(name, []).extend(calls)

__all__ = ["CALLS", "Call"]
