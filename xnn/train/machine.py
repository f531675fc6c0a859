"""What of the machine the bits of a run on the CPU depend on, besides its seed: recorded, and compared on a resume."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from typing import Any

from xnn_backends.fast import is_on, threads

# Names in config.json, and what they are.
FACTS = {
    "threads": "threads of compiled kernels",
    "blas_threads": "threads of matrix products",
    "fast": "compiled kernels",
    "numpy": "NumPy",
}


def facts() -> dict[str, Any]:
    """Threads, whether compiled kernels (the extra `fast`) are in use, and NumPy's version."""
    return {
        "threads": threads.count(),
        "blas_threads": threads.of_products(),
        "fast": is_on(),
        "numpy": importlib.metadata.version("numpy"),
    }


def difference(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What is another than it was, in words; "" for nothing, and for what an older version did not record."""
    names = [name for name in FACTS if name in before and before[name] != now[name]]
    return ", ".join(f"{FACTS[name]}: {_word(before[name])} before, {_word(now[name])} now" for name in names)


def cure(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What to set so that it is as it was."""
    parts = []
    if any(before.get(name, now[name]) != now[name] for name in ("threads", "blas_threads")):
        # Both: where the second is not set, products take the first.
        names = {"threads": "OMP_NUM_THREADS", "blas_threads": "OPENBLAS_NUM_THREADS"}
        parts.append(" ".join(f"{variable}={before[name]}" for name, variable in names.items() if name in before))
    if before.get("fast", now["fast"]) != now["fast"]:
        parts.append("the extra fast and XNN_FAST=1" if before["fast"] else "XNN_FAST=0")
    if before.get("numpy", now["numpy"]) != now["numpy"]:
        parts.append(f"NumPy {before['numpy']}")
    return ", ".join(parts)


def _word(value: Any) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
