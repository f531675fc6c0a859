"""What `import xnn` costs beyond `import numpy`: medians of fresh processes, taken in turn.

python -m benchmarks.imports [--runs 20]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time


def seconds(module: str) -> float:
    """A whole Python process that imports one module."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=20)
    runs = parser.parse_args().runs
    seconds("xnn")  # writes bytecode, warms the file cache
    pairs = [(seconds("numpy"), seconds("xnn")) for _ in range(runs)]
    numpy, xnn = (statistics.median(times) * 1e3 for times in zip(*pairs, strict=True))
    beyond = statistics.median(both - alone for alone, both in pairs) * 1e3
    print(
        f"import numpy {numpy:.0f} ms, import xnn {xnn:.0f} ms: {beyond:.0f} ms beyond NumPy (median of {runs} pairs)"
    )


if __name__ == "__main__":
    main()
