"""Run random programs: see the package's docstring.

python -m tests.programs [--kind KIND] [--count N] [--seed S] [--first N] [--only NUMBER]
"""

import argparse
import collections
import sys
import time

from . import tool


def main(args=None):
    parser = argparse.ArgumentParser(prog="python -m tests.programs", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--kind", choices=tool.KINDS, action="append", help="eager, gradients, compiled, cupy; by default all"
    )
    parser.add_argument("--count", type=int, default=1000, help="programs of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, metavar="NUMBER", help="the number to begin with")
    parser.add_argument(
        "--only", type=int, metavar="NUMBER", help="print this program, run it, and shrink it if it fails"
    )
    parser.add_argument("--most", type=int, default=5, metavar="N", help="stop a kind after so many failures")
    parser.add_argument("--gpu", action="store_true", help="cupy on a real GPU, in the place of the emulation")
    parser.add_argument("--quick", action="store_true", help="do not shrink what fails")
    options = parser.parse_args(args)
    return max(run(kind, options) for kind in options.kind or tool.KINDS)


def run(kind, options):
    """Run the programs of a kind; 1 if one failed."""
    reason = tool.prepare(kind, options.gpu)
    if reason:
        print(f"{kind}: not run: {reason}")
        return 0
    if options.only is not None:
        numbers = [options.only]
        print(tool.drawn(kind, options.seed, options.only).code())
    else:
        numbers = range(options.first, options.first + options.count)
    start, outcomes, failed = time.perf_counter(), collections.Counter(), 0
    told = start
    for number in numbers:
        if time.perf_counter() - told > 60:
            told = time.perf_counter()
            print(f"{kind}: at {number}, {failed} failed; {told - start:.0f} s", flush=True)
        program = tool.drawn(kind, options.seed, number)
        failure = tool.failure_of(kind, program, number, outcomes)
        if failure is None:
            continue
        failed += 1
        print(tool.report(kind, program, number, failure, shrinks=not options.quick), flush=True)
        if failed == options.most:
            break
    counts = ", ".join(f"{count} {outcome}" for outcome, count in outcomes.most_common())
    print(f"{kind}: {counts}; {failed} failed; {time.perf_counter() - start:.0f} s", flush=True)
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
