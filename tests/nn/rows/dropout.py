"""Rows of xnn.nn.dropout; what happens in training is in tests/nn/test_dropout.py."""

from tests.nn.row import Case, Function, Input, Row

ELEMENTS, LINES, IMAGES, VOLUMES = (Input(shape) for shape in [(3, 4), (2, 3, 4), (2, 3, 2, 2), (2, 3, 1, 2, 2)])


def random(name, *inputs):
    return Row(name, tuple(Case((x,), *arguments) for x in inputs for arguments in ((), ((0.3,),))), modes=("eval",))


def noise(name, *arguments):
    """Keras's: after training what comes in."""
    cases = tuple(Case((x,), (arguments[0],)) for x in (ELEMENTS, IMAGES))
    return Row(name, cases, theirs=False, reference=lambda layer, x: x, modes=("eval",))


ROWS = [
    random("Dropout", ELEMENTS, Input(())),
    random("Dropout1d", LINES, ELEMENTS),
    random("Dropout2d", IMAGES),
    random("Dropout3d", VOLUMES, IMAGES),
    random("AlphaDropout", ELEMENTS),
    random("FeatureAlphaDropout", IMAGES, ELEMENTS),
    noise("GaussianNoise", 0.3),
    noise("GaussianDropout", 0.3),
]
FUNCTIONS = [
    *[
        Function(name, (x,), options)
        for name, x in {
            "dropout": ELEMENTS,
            "dropout1d": LINES,
            "dropout2d": IMAGES,
            "dropout3d": VOLUMES,
            "alpha_dropout": ELEMENTS,
            "feature_alpha_dropout": IMAGES,
        }.items()
        for options in ({"p": 0.4, "training": False}, {"p": 0.0, "training": True}, {"p": 1.0, "training": True})
    ],
    Function("gaussian_noise", (ELEMENTS,), {"stddev": 0.0}, theirs=lambda x, stddev: x),
    Function("gaussian_noise", (ELEMENTS,), {"stddev": 0.4, "training": False}, theirs=lambda x, **options: x),
    Function("gaussian_dropout", (ELEMENTS,), {"rate": 0.0}, theirs=lambda x, rate: x),
    Function("gaussian_dropout", (ELEMENTS,), {"rate": 0.4, "training": False}, theirs=lambda x, **options: x),
]
