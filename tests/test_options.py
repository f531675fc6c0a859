"""Options that are True or False take nothing else, wherever they stand: found by reflection over what is public."""

import inspect
from fractions import Fraction

import numpy as np
import pytest

import xnn as xp
from tests.losses.table import ROWS as LOSSES
from tests.nn.compare import arrays, made
from tests.nn.row import values
from tests.nn.table import FUNCTIONS, ROWS
from xnn import arguments, losses, metrics, nn, optim
from xnn.errors import DTypeError, OptionError
from xnn.optim import lr_scheduler


@pytest.fixture(autouse=True)
def _made_on_the_cpu():
    """Where the rows' arrays are: `auto` takes an emulated GPU."""
    with xp.use_device("cpu"):
        yield


WRONG = ["False", "", None, 0, 1, 0.0, 2, [True]]


def flags(function):
    return [p.name for p in inspect.signature(function).parameters.values() if isinstance(p.default, bool)]


def assert_only_bools(call, option):
    for wrong in WRONG:
        with pytest.raises(OptionError) as raised:
            call(**{option: wrong})
        assert str(raised.value).endswith(f"{option} is True or False; got {wrong!r}")


MAKERS = [n for n in nn.__all__ if isinstance(getattr(nn, n), type) and issubclass(getattr(nn, n), nn.Module)]
LAYERS = [(row, option) for row in ROWS if "." not in row.name for option in flags(getattr(nn, row.name))]


@pytest.mark.parametrize(("row", "option"), LAYERS, ids=[f"{row.name}-{option}" for row, option in LAYERS])
def test_layers(row, option):
    case = row.cases[0]
    parameters = list(inspect.signature(getattr(nn, row.name)).parameters)
    place = parameters.index(option)
    options = {k: v for k, v in case.options.items() if k != option}
    assert_only_bools(lambda **given: getattr(nn, row.name)(*case.arguments[:place], **options | given), option)


def test_every_option_of_a_layer_is_among_them():
    found = {name for name in MAKERS if flags(getattr(nn, name))}
    assert found == {row.name for row, _ in LAYERS} >= {"LSTM", "Linear", "Transformer"}


@pytest.mark.parametrize("row", [r for r in FUNCTIONS if flags(getattr(nn.functional, r.name))], ids=lambda r: r.name)
def test_functions(row):
    function = getattr(nn.functional, row.name)
    make = arrays("numpy:cpu", "float32")
    inputs, options = made(row.inputs, make), made(row.options, make, 100)
    places = list(inspect.signature(function).parameters)
    for option in flags(function):
        if places.index(option) < len(inputs):
            inputs = inputs[: places.index(option)]
        others = {k: v for k, v in options.items() if k != option}
        assert_only_bools(lambda others=others, inputs=inputs, **given: function(*inputs, **others | given), option)


@pytest.mark.parametrize("row", [row for row in LOSSES if flags(getattr(losses, row.name))], ids=lambda row: row.name)
def test_losses(row):
    loss, case = getattr(losses, row.name), row.cases[0]
    given = {k: xp.asarray(v, device="cpu") for k, v in case.arrays.items()}
    for option in flags(loss):
        others = {k: v for k, v in case.options.items() if k != option}
        assert_only_bools(lambda others=others, **more: loss(**given, **others | more), option)


OPTIMIZERS = [n for n in optim.__all__ if isinstance(getattr(optim, n), type) and flags(getattr(optim, n))]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name):
    kind = getattr(optim, name)
    first = nn.Linear(1, 1, device="cpu")
    parameters = first if name == "AveragedModel" else list(first.parameters())[:1]
    for option in flags(kind):
        assert_only_bools(lambda kind=kind, **given: kind(parameters, **{"lr": 0.1} | given if name != "AveragedModel"
                                                          else given), option)  # fmt: skip


SCHEDULES = {
    "CyclicLR": (0.1, 0.2), "OneCycleLR": (0.1, 10), "ExponentialDecay": (0.1, 10, 0.5),
    "InverseTimeDecay": (0.1, 10, 0.5), "PolynomialDecay": (0.1, 10),
}  # fmt: skip


def test_schedules():
    found = {n for n in lr_scheduler.__all__ if flags(getattr(lr_scheduler, n))}
    assert found == set(SCHEDULES)
    for name, given in SCHEDULES.items():
        make = getattr(lr_scheduler, name)
        for option in flags(make):
            assert_only_bools(lambda make=make, given=given, **more: make(*given, **more), option)


def calls():
    """Methods, and functions of other packages."""
    model = nn.Sequential(nn.Linear(2, 2, device="cpu"))
    x = xp.zeros((1, 1, 4), device="cpu")
    attention = nn.MultiheadAttention(4, 2, device="cpu")
    encoder, decoder = (kind(4, 2, device="cpu") for kind in (nn.TransformerEncoderLayer, nn.TransformerDecoderLayer))
    p = nn.Parameter(xp.ones((2,), device="cpu"))
    return [
        *((getattr(model, n), ()) for n in ("train", "requires_grad_", "zero_grad", "state_dict", "parameters")),
        (model.load_state_dict, (model.state_dict(),)),
        (model.register_buffer, ("b", xp.zeros((1,), device="cpu"))),
        (attention.forward, (x, x, x)),
        (encoder.forward, (x,)),
        (decoder.forward, (x, x)),
        (nn.summary, (model, (1, 2))),
        (nn.Parameter, (xp.ones((1,), device="cpu"),)),
        (nn.parametrizations.orthogonal, (nn.Linear(2, 2, device="cpu"),)),
        (optim.SGD([p], lr=0.1).zero_grad, ()),
        (optim.clip_grad_norm_, ([p], 1.0)),
        (optim.get_total_norm, ([p],)),
        (xp.amp.GradScaler, ()),
        (xp.amp.autocast, ()),
    ]


@pytest.mark.parametrize("i", range(len(calls())))
def test_methods_and_other_functions(i):
    function, given = calls()[i]
    assert flags(function)
    for option in flags(function):
        assert_only_bools(lambda option=option, **more: function(*given, **more), option)


def test_metrics_data_and_training_have_none():
    for package in (metrics, xp.data, xp.train):
        for name in package.__all__:
            found = getattr(package, name)
            assert inspect.ismodule(found) or not flags(found), name


def test_numpys_bool_is_one():
    layer = nn.LSTM(2, 3, batch_first=np.bool_(True), device="cpu")
    assert layer(xp.zeros((4, 5, 2), device="cpu"))[0].shape == (4, 5, 3)
    assert nn.Linear(2, 3, np.False_, device="cpu").bias is None
    x = xp.asarray([1.0, 2.0], device="cpu")
    assert losses.kl_div(-x, x, log_target=np.False_).item() == losses.kl_div(-x, x).item()


def test_a_function_without_such_options_is_the_same():
    assert arguments.flagged(values) is values
    assert nn.functional.relu.__name__ == "relu"


def test_a_class_of_ones_own_takes_what_it_likes():
    class Mine(nn.Module):
        def __init__(self, x, is_odd=False):
            super().__init__()
            self.x, self.is_odd = x, is_odd

    x = xp.ones((2,), device="cpu")
    assert Mine(x, "maybe").is_odd == "maybe"


# ---- an array in the place of options ----

NO_LAYERS = {"Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"}


@pytest.mark.parametrize("name", [name for name in MAKERS if name not in NO_LAYERS])
def test_an_array_is_for_the_layer_and_not_for_its_constructor(name):
    kind = getattr(nn, name)
    signature = inspect.signature(kind)
    needs = any(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in signature.parameters.values())
    more = [1] if next(iter(signature.parameters), "") == "weight" else []  # which may be the only one
    for x in (xp.ones((2, 3), device="cpu"), np.ones((2, 3))):
        with pytest.raises(TypeError) as raised:
            kind(x, *more)
        assert str(raised.value) == (
            f"nn.{name}(...) makes a layer, of its options; got an array of shape (2, 3). "
            f"Cure: nn.{name}({'...' if needs else ''})(x), the layer called with the array."
        )


@pytest.mark.parametrize("name", [name for name in MAKERS if name not in NO_LAYERS])
def test_errors_of_the_constructor_name_the_layer(name):
    kind = getattr(nn, name)
    parameters = list(inspect.signature(kind).parameters.values())
    if any(p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters):
        with pytest.raises(TypeError, match=rf"^{name}.__init__\(\) missing "):
            kind()
    if name != "Identity":  # which takes anything
        count = sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters) + 1
        with pytest.raises(
            TypeError, match=rf"^nn.{name} takes at most {count - 1} options by position; got {count}. "
        ):
            kind(*[True] * count)


# ---- numbers ----

# True is a number there: a value of the input's type, or one among which `in` finds it.
TAKE_TRUE = {"value", "start_dim", "scale_factor", "padding_value", "MultiMarginLoss.p"}


def numeric(function):
    """Options whose defaults are numbers, and what is none."""
    found = {
        p.name: p.default for p in inspect.signature(function).parameters.values() if type(p.default) in (int, float)
    }
    return [(name, wrong) for name in found for wrong in ("2", "0.5", [0.5, "x"], 1j, True)
            if wrong is not True or not {name, f"{function.__name__}.{name}"} & TAKE_TRUE]  # fmt: skip


def assert_refused(call, option, wrong):
    with pytest.raises((OptionError, DTypeError, TypeError)):
        call(**{option: wrong})


@pytest.mark.parametrize("name", [name for name in MAKERS if numeric(getattr(nn, name))])
def test_numbers_of_layers(name):
    (row,) = [row for row in ROWS if row.name == name][:1]
    case = row.cases[0]
    kind, make = getattr(nn, name), arrays("numpy:cpu", "float32")
    places = list(inspect.signature(kind).parameters)

    def call(**given):
        (option,) = given
        arguments = case.arguments[: places.index(option)]
        layer = kind(*arguments, **{k: v for k, v in case.options.items() if k not in given} | given)
        return layer(*made(case.inputs, make), **made(case.keywords, make, 100))

    for option, wrong in numeric(kind):
        assert_refused(call, option, wrong)


@pytest.mark.parametrize("row", [r for r in FUNCTIONS if numeric(getattr(nn.functional, r.name))], ids=lambda r: r.name)
def test_numbers_of_functions(row):
    function, make = getattr(nn.functional, row.name), arrays("numpy:cpu", "float32")
    inputs, options = made(row.inputs, make), made(row.options, make, 100)
    places = list(inspect.signature(function).parameters)
    for option, wrong in numeric(function):
        given = inputs[: places.index(option)]
        others = {k: v for k, v in options.items() if k != option}
        assert_refused(lambda given=given, others=others, **more: function(*given, **others | more), option, wrong)


@pytest.mark.parametrize("row", [r for r in LOSSES if numeric(getattr(losses, r.name))], ids=lambda r: r.name)
def test_numbers_of_losses(row):
    loss, case = getattr(losses, row.name), row.cases[0]
    given = {k: xp.asarray(v, device="cpu") for k, v in case.arrays.items()}
    for option, wrong in numeric(loss):
        if (row.name, option, wrong) == ("multi_margin_loss", "p", True):
            continue
        others = {k: v for k, v in case.options.items() if k != option}
        arguments = row.prepare(xp, given) if row.prepare else given
        assert_refused(lambda a=arguments, others=others, **more: loss(**a, **others | more), option, wrong)


def test_numbers_of_optimizers():
    for name in optim.__all__:
        kind = getattr(optim, name)
        if not isinstance(kind, type) or not issubclass(kind, optim.Optimizer) or name == "Optimizer":
            continue
        for option, wrong in numeric(kind):
            if wrong is True and option in {"max_iter", "history_size", "ns_steps", "warmup_steps"}:
                continue
            parameters = [nn.Parameter(xp.ones((2, 2), device="cpu"))]
            assert_refused(lambda kind=kind, p=parameters, **more: kind(p, **{"lr": 0.1} | more), option, wrong)


def test_a_flag_in_the_place_of_a_number_is_refused():
    with pytest.raises(OptionError, match="num_layers is an int of at least 1; got True"):
        nn.LSTM(3, 5, True)  # batch_first comes later


def test_numbers_of_other_kinds_are_python_s():
    """A Fraction has no type among arrays, and beside a float16 other numbers of NumPy overflow."""
    x = xp.asarray([-1.0, 0.5, 2.0], device="cpu")
    drawn = [
        nn.functional.dropout(x, p, generator=xp.random.Generator(3)).tolist()
        for p in (0.5, Fraction(1, 2), np.float16(0.5), np.float64(0.5))
    ]
    assert drawn == drawn[:1] * 4
    half = Fraction(1, 2)
    for layer in (nn.Dropout(half), nn.GaussianNoise(half), nn.GaussianDropout(half), nn.AlphaDropout(half)):
        assert layer(x).dtype is xp.float32
    assert nn.functional.gumbel_softmax(x, half, dim=0).dtype is xp.float32
    for momentum in (half, np.float16(0.5)):
        layer = nn.BatchNorm1d(1, momentum=momentum, device="cpu")
        layer(xp.asarray([[0.0], [4.0]], device="cpu"))
        assert layer.running_mean.tolist() == [1.0]
    with pytest.raises(OptionError, match=r"dropout: p is a number; got array\(0.5\). Cure: float\(p\)"):
        nn.functional.dropout(x, np.asarray(0.5))


def test_a_size_may_be_an_array_of_no_dimensions():
    """As a file's are, and PyTorch's: it has an index."""
    for size in (np.asarray(3), xp.asarray(3, device="cpu")):
        assert nn.Linear(size, size, device="cpu")(xp.ones((2, 3), device="cpu")).shape == (2, 3)
        assert nn.LayerNorm(size, device="cpu").normalized_shape == (3,)
    with pytest.raises(OptionError, match=r"dropout: p is a number; got array\(0.5\). Cure: float\(p\)"):
        nn.Dropout(np.asarray(0.5))


def test_the_error_for_an_unknown_option_names_the_layer():
    with pytest.raises(TypeError, match=r"^nn.ReLU has no option inplace. Cure: leave it out; there are: none.$"):
        nn.ReLU(inplace=True)
    with pytest.raises(TypeError, match=r"^nn.Dropout has no option inplace. Cure: leave it out; there are: p.$"):
        nn.Dropout(0.5, inplace=True)
