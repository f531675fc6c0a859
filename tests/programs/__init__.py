"""Random array programs: drawn, run by xnn and by an oracle, and cut down where the two differ.

    python -m tests.programs --kind eager --count 20000 --seed 0      (gradients, compiled, cupy; all, without --kind)
    python -m tests.programs --kind eager --seed 0 --only 1234        prints one program, runs it, and cuts it down

Each program has a number, and is the same under that number and seed each time; it is drawn statement by statement from
`statements`, each run with NumPy as it is drawn (`generator`), and printed as Python that can be pasted. What a kind
holds it against stands in `kinds`:

- eager: each statement against NumPy, on NumPy's copies of its operands; where NumPy refuses, xnn has to.
- gradients: finite differences and PyTorch; forward mode, `backward` and second derivatives with them.
- compiled: `xnn.compile` of the program, or of its gradient, against the same as it is written.
- cupy: CuPy (on emulated CUDA, where there is no GPU) against NumPy, statement by statement, and the gradient.

How near is near: tests/tolerances.py, of one statement, whose operands are the same on both sides, so that errors do
not add up along a program. Beyond it only what the conditioning explains: the oracle runs again on operands that are
off by four units in the last place, and four times what that changes is allowed (`comparison`). A wrong formula is off
by more than rounding, and is found; `test_programs.py` plants faults, and sees that each is.
"""
