"""Schedules: PyTorch's over 60 steps with options drawn, Keras's own numbers, state, and what they refuse."""

import math
import pickle

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import xnn as xp
from tests import oracle, parity
from tests.optim.schedules import KERAS, LR, MADE, ours
from xnn.errors import CheckpointError, OptionError
from xnn.optim import SGD, lr_scheduler

STEPS = 60
drawn = settings(max_examples=15, deadline=None, derandomize=True, database=None)


def theirs(name, options, optimizer):
    if name == "SWALR":
        return oracle.torch.optim.swa_utils.SWALR(optimizer, **options)
    return getattr(oracle.torch.optim.lr_scheduler, name)(optimizer, **options)


def optimizer_of(lr=LR):
    return oracle.torch.optim.SGD([oracle.torch.zeros(1, requires_grad=True)], lr=lr, momentum=0.5)


def walk(optimizer, scheduler, count=STEPS):
    """PyTorch's learning rates and momenta before each of `count` steps."""
    rates, momenta = [], []
    for i in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        momenta.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if i < count - 1:
            scheduler.step()
    return rates, momenta


def floats(low, high):
    return st.floats(low, high)


def options(**drawn_options):
    return st.fixed_dictionaries({}, optional=drawn_options)


steps = st.integers(1, 40)
strategies = st.sampled_from(["cos", "linear"])


def cyclic(**needed):
    """Options of CyclicLR."""
    rates = {"base_lr": floats(0, 0.1), "max_lr": floats(0.1, 1), "step_size_up": steps}
    momenta = {"base_momentum": floats(0.1, 0.5), "max_momentum": floats(0.5, 1)}
    return st.fixed_dictionaries({**rates, **needed}, optional={"step_size_down": steps, **momenta})


SCHEDULES = {
    "StepLR": st.fixed_dictionaries({"step_size": steps}, optional={"gamma": floats(0.3, 1.2)}),
    "MultiStepLR": st.fixed_dictionaries(
        {"milestones": st.lists(st.integers(1, STEPS), max_size=5)}, optional={"gamma": floats(0.3, 1.2)}
    ),
    "ConstantLR": options(factor=floats(0.1, 1), total_iters=steps),
    "LinearLR": options(start_factor=floats(0.1, 1), end_factor=floats(0, 1), total_iters=steps),
    "ExponentialLR": st.fixed_dictionaries({"gamma": floats(0.8, 1.02)}),
    "PolynomialLR": options(total_iters=steps, power=floats(0.5, 3)),
    "CosineAnnealingLR": st.fixed_dictionaries({"T_max": steps}, optional={"eta_min": floats(0, 0.2)}),
    "CosineAnnealingWarmRestarts": st.fixed_dictionaries(
        {"T_0": steps}, optional={"T_mult": st.integers(1, 4), "eta_min": floats(0, 0.2)}
    ),
    "SWALR": st.fixed_dictionaries(
        {"swa_lr": floats(0, 1)}, optional={"anneal_epochs": st.integers(0, 40), "anneal_strategy": strategies}
    ),
    "SWALR at once": st.fixed_dictionaries({"swa_lr": floats(0, 1), "anneal_epochs": st.just(0)}),
    "CyclicLR triangular": cyclic(mode=st.just("triangular")),
    "CyclicLR triangular2": cyclic(mode=st.just("triangular2")),
    "CyclicLR exp_range": cyclic(mode=st.just("exp_range"), gamma=floats(0.9, 1)),
    "CyclicLR of a function": cyclic(
        scale_fn=st.just(lambda x: 1 / (1 + x)), scale_mode=st.sampled_from(["cycle", "iterations"])
    ),
}  # fmt: skip


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_pytorchs(name):
    kind = name.partition(" ")[0]

    @drawn
    @given(SCHEDULES[name])
    def check(chosen):
        optimizer = optimizer_of()
        rates, momenta = walk(optimizer, theirs(kind, chosen, optimizer))
        schedule = ours(kind, chosen)
        parity.compare("schedule", kind, [schedule(step) for step in range(STEPS)], rates)
        if hasattr(schedule, "momentum"):
            parity.compare("schedule", kind, [schedule.momentum(step) for step in range(STEPS)], momenta)

    check()


@pytest.mark.needs("torch")
@drawn
@given(
    total=st.tuples(st.integers(1, 12), st.integers(1, 9)),
    is_product=st.booleans(),
    chosen=options(
        pct_start=floats(0, 1), anneal_strategy=strategies, base_momentum=floats(0.1, 0.5),
        max_momentum=floats(0.5, 1), div_factor=floats(1, 50), final_div_factor=floats(1, 1e4),
        three_phase=st.booleans(),
    ),
)  # fmt: skip
def test_one_cycle_is_pytorchs(total, is_product, chosen):
    epochs, each = total
    count = epochs * each
    # a phase without length divides by 0 in PyTorch
    assume(abs(chosen.get("pct_start", 0.3) * count - 1) > 1e-6)
    length = {"epochs": epochs, "steps_per_epoch": each} if is_product else {"total_steps": count}
    optimizer = optimizer_of()
    made = oracle.torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.7, **length, **chosen)
    rates, momenta = walk(optimizer, made, count)
    schedule = lr_scheduler.OneCycleLR(max_lr=0.7, **length, **chosen)
    parity.compare("schedule", "OneCycleLR", [schedule(step) for step in range(count)], rates)
    parity.compare("schedule", "OneCycleLR", [schedule.momentum(step) for step in range(count)], momenta)


def test_one_cycle_where_pytorchs_divides_by_0_and_where_it_goes_on():
    schedule = lr_scheduler.OneCycleLR(1.0, total_steps=10, pct_start=0.1)
    assert (schedule(0), schedule.momentum(0)) == (1.0, 0.85)
    assert schedule(10) == schedule(9) == pytest.approx(1 / 25e4)
    with pytest.raises(OptionError, match=r"^OneCycleLR: a cycle of 10 steps has a step of at most that; got 11$"):
        schedule(11)


FUNCTIONS = {"LambdaLR": lambda step: 0.95**step + 0.1, "MultiplicativeLR": lambda step: 1 - 1 / (step + 3)}


@pytest.mark.needs("torch")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_schedules_of_functions_are_pytorchs(name):
    optimizer = optimizer_of()
    rates, _ = walk(optimizer, theirs(name, {"lr_lambda": FUNCTIONS[name]}, optimizer))
    schedule = ours(name, {"lr_lambda": FUNCTIONS[name]})
    parity.compare("schedule", name, [schedule(step) for step in range(STEPS)], rates)
    parity.compare("schedule", name, [schedule(step) for step in reversed(range(STEPS))], rates[::-1])


def test_a_product_asks_for_each_factor_once():
    asked = []
    schedule = lr_scheduler.MultiplicativeLR(1.0, lambda step: asked.append(step) or 0.5)
    assert [schedule(step) for step in range(4)] == [1.0, 0.5, 0.25, 0.125]
    assert asked == [1, 2, 3]


closed = [name for name in SCHEDULES if not name.startswith(("SWALR", "CyclicLR"))]
chosen_schedules = st.lists(
    st.sampled_from(closed).flatmap(lambda name: st.tuples(st.just(name), SCHEDULES[name])), min_size=1, max_size=4
)


@pytest.mark.needs("torch")
@drawn
@given(chosen_schedules, st.data())
def test_a_sequence_is_pytorchs(chosen, data):
    count = len(chosen) - 1
    milestones = sorted(data.draw(st.lists(st.integers(1, STEPS), min_size=count, max_size=count, unique=True)))
    optimizer = optimizer_of()
    members = [theirs(name, made, optimizer) for name, made in chosen]
    rates, _ = walk(optimizer, oracle.torch.optim.lr_scheduler.SequentialLR(optimizer, members, milestones))
    schedule = lr_scheduler.SequentialLR([ours(name, made) for name, made in chosen], milestones)
    parity.compare("schedule", "SequentialLR", [schedule(step) for step in range(STEPS)], rates)


FACTORS = {name: SCHEDULES[name] for name in ("StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR")} | {
    # up to T_max: beyond, PyTorch adds to the rate
    "CosineAnnealingLR": st.fixed_dictionaries({"T_max": st.integers(STEPS, 99)}),
    "PolynomialLR": st.fixed_dictionaries({"total_iters": st.integers(STEPS, 99), "power": floats(0.5, 3)}),
}


@pytest.mark.needs("torch")
@drawn
@given(
    st.lists(
        st.sampled_from(sorted(FACTORS)).flatmap(lambda name: st.tuples(st.just(name), FACTORS[name])),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_a_chain_is_pytorchs(chosen):
    optimizer = optimizer_of()
    members = [theirs(name, made, optimizer) for name, made in chosen]
    rates, _ = walk(optimizer, oracle.torch.optim.lr_scheduler.ChainedScheduler(members))
    schedule = lr_scheduler.ChainedScheduler([ours(name, made) for name, made in chosen])
    parity.compare("schedule", "ChainedScheduler", [schedule(step) for step in range(STEPS)], rates)


def test_a_chain_of_rates_of_0():
    assert lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(0.0, 1), lr_scheduler.LinearLR(0.0)])(3) == 0.0


def test_combinations_nest():
    warm = lr_scheduler.LinearLR(1.0, 0.5, total_iters=2)
    chain = lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(1.0, 2, 0.5), lr_scheduler.ExponentialLR(1.0, 0.5)])
    schedule = lr_scheduler.SequentialLR([warm, chain], [2])
    assert [schedule(step) for step in range(6)] == [0.5, 0.75, 1.0, 0.5, 0.125, 0.0625]


# ---- plateaus ----

plateau_options = options(
    mode=st.sampled_from(["min", "max"]), factor=floats(0, 0.9), patience=st.integers(0, 4),
    threshold=floats(0, 0.3), threshold_mode=st.sampled_from(["rel", "abs"]), cooldown=st.integers(0, 4),
    min_lr=floats(0, 0.05), eps=floats(0, 0.01),
)  # fmt: skip
metrics = st.lists(st.sampled_from([0.1, 0.5, 0.9, 1.0, 1.1, 2.0, -1.0, math.nan]), min_size=50, max_size=STEPS)


@pytest.mark.needs("torch")
@drawn
@given(plateau_options, metrics)
def test_a_plateau_is_pytorchs(chosen, told):
    optimizer = optimizer_of()
    expected = oracle.torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **chosen)
    schedule = lr_scheduler.ReduceLROnPlateau(LR, **chosen)
    came, rates = [], []
    for i, metric in enumerate(told):
        schedule.step(metric)
        expected.step(metric)
        came.append(schedule(i + 1))
        rates.append(optimizer.param_groups[0]["lr"])
        state = schedule.state_dict()
        assert {name: expected.state_dict()[name] for name in state} == {**state, "_last_lr": [pytest.approx(came[-1])]}
        if i == 25:  # go on from PyTorch's state, and in a second one from ours
            schedule = lr_scheduler.ReduceLROnPlateau(9.0, **chosen)
            schedule.load_state_dict(expected.state_dict())
            again = lr_scheduler.ReduceLROnPlateau(9.0, **chosen)
            again.load_state_dict(schedule.state_dict())
            assert again.state_dict() == schedule.state_dict()
    parity.compare("schedule", "ReduceLROnPlateau", came, rates)


@pytest.mark.every_device
def test_a_plateau_takes_a_loss_of_any_device(device):
    schedule = lr_scheduler.ReduceLROnPlateau(1.0, factor=0.5, patience=1)
    for value in (2.0, 2.0, 2.0):
        assert schedule(0) == 1.0
        schedule.step(xp.asarray(value, device=device))
    assert schedule(0) == 0.5


@pytest.mark.parametrize(
    ("state", "text"),
    [
        ({"best": 1.0, "_last_lr": [0.1]}, "has no cooldown_counter, num_bad_epochs, last_epoch"),
        (
            {"best": 1.0, "_last_lr": [0.1, 0.2], "cooldown_counter": 0, "num_bad_epochs": 0, "last_epoch": 0},
            "is of 2 groups, not of one",
        ),
    ],
)
def test_a_plateau_refuses_what_is_no_state_of_it(state, text):
    schedule = lr_scheduler.ReduceLROnPlateau(0.5)
    before = schedule.state_dict()
    with pytest.raises(CheckpointError) as raised:
        schedule.load_state_dict(state)
    assert str(raised.value) == f"the state of ReduceLROnPlateau {text}. Cure: one that state_dict() gave."
    assert schedule.state_dict() == before


# ---- Keras ----


@pytest.mark.parametrize(("name", "chosen", "expected"), KERAS)
def test_schedules_are_kerass(name, chosen, expected):
    schedule = getattr(lr_scheduler, name)(**chosen)
    dtype = "float32" if name.startswith("Cosine") else "float64"
    parity.compare("schedule", name, [schedule(step) for step in range(0, 22, 3)], expected, dtype)


@pytest.mark.parametrize("growth", [2, 3, 5])
def test_restarts_stand_where_they_should(growth):
    """Where the logarithm rounds to the other side of one, too: 121 steps are 5 cycles of growth 3."""
    schedule = lr_scheduler.CosineDecayRestarts(1.0, first_decay_steps=1, t_mul=growth)
    starts = [(growth**cycle - 1) // (growth - 1) for cycle in range(1, 20)]
    assert [schedule(start) for start in starts] == [1.0] * 19
    assert max(schedule(math.nextafter(start, 0)) for start in starts) < 1e-12


# ---- all of them ----


def test_every_schedule_is_here():
    assert set(MADE) == set(lr_scheduler.__all__) - {"LRScheduler"}


@pytest.mark.parametrize("name", MADE)
def test_a_schedule_is_a_function_of_the_step_alone(name):
    """It gives floats, in any order of the steps, and after a copy."""
    schedule = MADE[name]
    forwards = [schedule(step) for step in range(9)]
    assert all(type(rate) is float and rate >= 0 for rate in forwards) or name in FUNCTIONS
    assert [schedule(step) for step in reversed(range(9))] == forwards[::-1]
    assert [schedule(step) for step in np.arange(9)] == forwards
    again = pickle.loads(pickle.dumps(schedule))
    assert [again(step) for step in range(9)] == forwards
    assert repr(again).startswith(f"{name}(")


def test_numbers_from_numpy_are_pythons():
    """A function of the step may take it as an index; and options are shown as they are."""
    assert lr_scheduler.LambdaLR(1.0, [0.5, 0.25].__getitem__)(np.int64(1)) == 0.25
    cyclic = lr_scheduler.CyclicLR(np.float64(0.1), np.float32(0.5), np.int64(3))
    assert "np." not in repr(cyclic)


def test_it_says_its_options():
    assert repr(lr_scheduler.StepLR(0.1, 30)) == "StepLR(lr=0.1, step_size=30, gamma=0.1)"


def test_an_optimizer_takes_it(device):
    """p - lr * g with g = 1; a second optimizer goes on at the step where the first was."""
    schedule = lr_scheduler.StepLR(0.5, step_size=2, gamma=0.5)
    p = xp.nn.Parameter(xp.zeros((1,), device=device))
    optimizer = SGD([p], lr=schedule)
    for expected in (-0.5, -1.0, -1.25, -1.5, -1.625):
        p.grad = xp.ones((1,), device=device)
        optimizer.step()
        assert float(p[0]) == expected
        again = SGD([p], lr=schedule)
        again.load_state_dict(optimizer.state_dict())
        optimizer = again
