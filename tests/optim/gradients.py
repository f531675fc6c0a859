"""Arrays drawn for parameters and gradients."""

import numpy as np

SHAPES = [(3, 2), (4, 5000), (), (0, 3), (7,), (130, 260), (1, 1, 2)]  # small neighbours, and of more than one block


def drawn(seed, dtype, shapes=SHAPES, special=()):
    """Arrays of these shapes: some transposed, some read-only."""
    rng = np.random.default_rng(seed)
    found = []
    for i, shape in enumerate(shapes):
        x = rng.normal(size=shape[::-1]).astype(dtype).T if i % 2 else rng.normal(size=shape).astype(dtype)
        if special and x.ndim:
            flat = x.reshape(-1)
            x = (
                np.where(rng.random(flat.shape) < 0.3, rng.choice(special, flat.shape), flat)
                .astype(dtype)
                .reshape(shape)
            )
        x.flags.writeable = i % 3 != 0
        found.append(x)
    return found
