"""What a worker of multiprocessing does: a module that imports xnn only where it works."""


def first_numbers(_):
    """The next numbers of the default stream."""
    import xnn.random

    return tuple(xnn.random.uniform(4, device="cpu").tolist())


def seeded_numbers(seed):
    """The first numbers of a seed."""
    import xnn.random

    xnn.random.manual_seed(seed)
    return first_numbers(seed)
