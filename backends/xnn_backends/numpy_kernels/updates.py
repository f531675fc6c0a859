"""Optimizers' update rules in place, block by block: with the rules' own bits, but without fresh memory.

A rule's numbers are worked out here, for compiled loops and CUDA's kernels too: each is another `plan`. Adam over
1 million parameters in 100 arrays: 2.7 ms, by the rule 3.8.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from xnn_backends.protocol import HostArray, Planned, UpdateKernel

BLOCK = 1 << 15  # elements whose intermediate results stay in the processor's cache
RMSPROP = ("square_avg", "grad_avg", "momentum_buffer")

State = Mapping[str, Any]
Grads = Sequence[HostArray]
Plan = Callable[..., Planned]
Scratch = Sequence[HostArray]


def pieces(grads: Grads, least: int) -> list[tuple[int, HostArray]]:
    """The gradients as vectors, each with where it begins; neighbours are laid end to end until there are `least`."""
    found: list[tuple[int, HostArray]] = []
    near: list[HostArray] = []
    start = end = 0
    for grad in grads:
        row = grad.reshape(-1)
        if near and (row.size >= least or end - start >= least):
            found.append((start, np.concatenate(near)))
            near, start = [], end
        end += row.size
        if row.size >= least:
            found.append((start, row))
            start = end
        else:
            near.append(row)
    return [*found, (start, np.concatenate(near))] if near else found


def slot(state: State, name: str, param: HostArray, value: float = 0.0) -> HostArray:
    """An array of the state, or one filled with what it begins as; by `full_like`, of the library of the parameters."""
    found: HostArray = state[name] if name in state else np.full_like(param, value)
    return found


def planned(
    name: str, param: HostArray, grads: Grads, slots: Mapping[str, HostArray], numbers: Sequence[float], **more: float
) -> Planned:
    """A step by a loop over parameters, gradients and the state's arrays; `more` is what the state has beside them."""
    loop = LOOPS[name]
    arrays = (param, *slots.values())
    parts = pieces(grads, BLOCK)
    scratch = [np.empty(min(BLOCK, param.size), param.dtype) for _ in range(3)]

    def run() -> None:
        with np.errstate(all="ignore"):  # an error in the midst would leave a step half done
            for start, row in parts:
                for first in range(0, row.size, BLOCK):
                    g = row[first : first + BLOCK]
                    some = slice(start + first, start + first + g.size)
                    loop([x[: g.size] for x in scratch], g, *[x[some] for x in arrays], *numbers)

    return Planned({**slots, **more}, run)


def sign_of(maximize: bool) -> float:
    """What the gradient is multiplied by."""
    return -1.0 if maximize else 1.0


def decays(lr: float, weight_decay: float, is_decoupled: bool) -> tuple[float, float]:
    """The factor of an L2 penalty, and that which decoupled weight decay multiplies by."""
    return (0.0, 1 - lr * weight_decay) if is_decoupled else (weight_decay, 1.0)


def adam(
    plan: Plan, xp: Any, param: HostArray, grads: Grads, state: State, /, *, step: int, lr: float,
    betas: tuple[float, float], eps: float, weight_decay: float, amsgrad: bool, maximize: bool,
    decoupled_weight_decay: bool = True,
) -> Planned:  # fmt: skip
    """The rule of Adam, and of AdamW."""
    beta1, beta2 = betas
    slots = {name: slot(state, name, param) for name in ("exp_avg", "exp_avg_sq")}
    if amsgrad:  # switched on in the middle of a run, the largest is the first that comes: all are above this
        slots["max_exp_avg_sq"] = slot(state, "max_exp_avg_sq", param, -math.inf)
    numbers = (
        sign_of(maximize), *decays(lr, weight_decay, decoupled_weight_decay), beta1, 1 - beta1, beta2, 1 - beta2,
        1 / math.sqrt(1 - beta2**step), eps, lr / (1 - beta1**step),
    )  # fmt: skip
    return plan("amsgrad" if amsgrad else "adam", param, grads, slots, numbers)


def nadam(
    plan: Plan, xp: Any, param: HostArray, grads: Grads, state: State, /, *, step: int, lr: float,
    betas: tuple[float, float], eps: float, weight_decay: float, momentum_decay: float,
    decoupled_weight_decay: bool, maximize: bool,
) -> Planned:  # fmt: skip
    """The rule of NAdam."""
    beta1, beta2 = betas
    mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in (step, step + 1))
    product = state.get("mu_product", 1.0) * mu
    slots = {name: slot(state, name, param) for name in ("exp_avg", "exp_avg_sq")}
    numbers = (
        sign_of(maximize), *decays(lr, weight_decay, decoupled_weight_decay), beta1, 1 - beta1, beta2, 1 - beta2,
        1 - beta2**step, eps, (1 - mu) / (1 - product), mu_next / (1 - product * mu_next), lr,
    )  # fmt: skip
    return plan("nadam", param, grads, slots, numbers, mu_product=product)


def sgd(
    plan: Plan, xp: Any, param: HostArray, grads: Grads, state: State, /, *, step: int, lr: float, momentum: float,
    dampening: float, weight_decay: float, nesterov: bool, maximize: bool,
) -> Planned:  # fmt: skip
    """The rule of SGD."""
    sign = sign_of(maximize)
    if not momentum:
        return plan("sgd", param, grads, {}, (sign, weight_decay, lr))._replace(state={**state})
    is_first = "momentum_buffer" not in state
    # At first the buffer is the gradient, also where that is -0: -0 + x is x for each x.
    slots = {"momentum_buffer": slot(state, "momentum_buffer", param, -0.0)}
    new = 1.0 if is_first else 1 - dampening
    numbers = (sign, weight_decay, momentum, new, bool(nesterov), lr)
    return plan("momentum", param, grads, slots, numbers)


def rmsprop(
    plan: Plan, xp: Any, param: HostArray, grads: Grads, state: State, /, *, step: int, lr: float, alpha: float,
    eps: float, weight_decay: float, momentum: float, centered: bool, maximize: bool,
) -> Planned:  # fmt: skip
    """The rule of RMSprop."""
    names = ("square_avg", *(["grad_avg"] if centered else []), *(["momentum_buffer"] if momentum else []))
    slots = {name: slot(state, name, param) for name in names}
    every = {name: slots.get(name, param) for name in RMSPROP}  # parameters stand for what is not used
    numbers = (sign_of(maximize), weight_decay, alpha, 1 - alpha, eps, momentum, bool(centered), lr)
    return plan("rmsprop", param, grads, every, numbers)._replace(state=slots)


def adagrad(
    plan: Plan, xp: Any, param: HostArray, grads: Grads, state: State, /, *, step: int, lr: float, lr_decay: float,
    weight_decay: float, initial_accumulator_value: float, eps: float, maximize: bool,
) -> Planned:  # fmt: skip
    """The rule of Adagrad."""
    slots = {"sum": slot(state, "sum", param, initial_accumulator_value)}
    numbers = (sign_of(maximize), weight_decay, eps, lr / (1 + (step - 1) * lr_decay))
    return plan("adagrad", param, grads, slots, numbers)


def lion(
    plan: Plan, xp: Any, param: HostArray, grads: Grads, state: State, /, *, step: int, lr: float,
    betas: tuple[float, float], weight_decay: float,
) -> Planned:  # fmt: skip
    """The rule of Lion."""
    beta1, beta2 = betas
    slots = {"exp_avg": slot(state, "exp_avg", param)}
    return plan("lion", param, grads, slots, (1 - lr * weight_decay, beta1, 1 - beta1, beta2, 1 - beta2, lr))


# ---- the loops: three vectors of scratch, gradients, parameters, state, numbers ----


def descending(scratch: Scratch, g: HostArray, p: HostArray, sign: float, penalty: float) -> HostArray:
    """The gradient to go down by, with an L2 penalty's: itself, or in the last of the scratch."""
    if sign == 1 and not penalty:
        return g
    a, _, x = scratch
    np.multiply(g, sign, out=x)
    if penalty:
        x += np.multiply(p, penalty, out=a)
    return x


def add_share(a: HostArray, mean: HostArray, keep: float, x: HostArray, new: float) -> None:
    """keep * mean + new * x, in the place of the mean."""
    mean *= keep
    mean += np.multiply(x, new, out=a)


def moments(a: HostArray, x: HostArray, m: HostArray, v: HostArray, shares: Sequence[float]) -> None:
    """Adam's."""
    add_share(a, m, shares[0], x, shares[1])
    v *= shares[2]
    np.multiply(x, x, out=a)
    a *= shares[3]
    v += a


def amsgrad_loop(
    scratch: Scratch, g: HostArray, p: HostArray, m: HostArray, v: HostArray, top: HostArray | None,
    sign: float, penalty: float, shrink: float, keep1: float, new1: float, keep2: float, new2: float,
    scale: float, eps: float, rate: float,
) -> None:  # fmt: skip
    a, b, _ = scratch
    x = descending(scratch, g, p, sign, penalty)
    moments(a, x, m, v, (keep1, new1, keep2, new2))
    np.sqrt(v if top is None else np.maximum(top, v, out=top), out=a)
    a *= scale
    a += eps
    np.multiply(m, rate, out=b)
    b /= a
    if shrink != 1:
        p *= shrink
    p -= b


def adam_loop(scratch: Scratch, g: HostArray, p: HostArray, m: HostArray, v: HostArray, *numbers: float) -> None:
    amsgrad_loop(scratch, g, p, m, v, None, *numbers)


def nadam_loop(
    scratch: Scratch, g: HostArray, p: HostArray, m: HostArray, v: HostArray,
    sign: float, penalty: float, shrink: float, keep1: float, new1: float, keep2: float, new2: float,
    correction: float, eps: float, share: float, ahead: float, lr: float,
) -> None:  # fmt: skip
    a, b, _ = scratch
    x = descending(scratch, g, p, sign, penalty)
    moments(a, x, m, v, (keep1, new1, keep2, new2))
    np.multiply(x, share, out=b)
    b += np.multiply(m, ahead, out=a)
    b *= lr
    np.divide(v, correction, out=a)
    np.sqrt(a, out=a)
    a += eps
    b /= a
    if shrink != 1:
        p *= shrink
    p -= b


def sgd_loop(scratch: Scratch, g: HostArray, p: HostArray, sign: float, penalty: float, lr: float) -> None:
    p -= np.multiply(descending(scratch, g, p, sign, penalty), lr, out=scratch[0])


def momentum_loop(
    scratch: Scratch, g: HostArray, p: HostArray, buffer: HostArray,
    sign: float, penalty: float, momentum: float, new: float, nesterov: bool, lr: float,
) -> None:  # fmt: skip
    a, b, _ = scratch
    x = descending(scratch, g, p, sign, penalty)
    add_share(a, buffer, momentum, x, new)
    direction = np.add(x, np.multiply(buffer, momentum, out=a), out=b) if nesterov else buffer
    p -= np.multiply(direction, lr, out=a)


def rmsprop_loop(
    scratch: Scratch, g: HostArray, p: HostArray, square: HostArray, average: HostArray, buffer: HostArray,
    sign: float, penalty: float, keep: float, new: float, eps: float, momentum: float, centered: bool, lr: float,
) -> None:  # fmt: skip
    a, b, _ = scratch
    x = descending(scratch, g, p, sign, penalty)
    square *= keep
    np.multiply(x, new, out=a)
    a *= x
    square += a
    if centered:
        add_share(a, average, keep, x, new)
        np.multiply(average, average, out=a)
        np.sqrt(np.subtract(square, a, out=a), out=a)
    else:
        np.sqrt(square, out=a)
    a += eps
    np.divide(x, a, out=b)
    if momentum:
        buffer *= momentum
        buffer += b
        b = buffer
    p -= np.multiply(b, lr, out=a)


def adagrad_loop(
    scratch: Scratch, g: HostArray, p: HostArray, total: HostArray,
    sign: float, penalty: float, eps: float, rate: float,
) -> None:  # fmt: skip
    a, b, _ = scratch
    x = descending(scratch, g, p, sign, penalty)
    total += np.multiply(x, x, out=a)
    np.sqrt(total, out=a)
    a += eps
    np.multiply(x, rate, out=b)
    b /= a
    p -= b


def lion_loop(
    scratch: Scratch, g: HostArray, p: HostArray, m: HostArray,
    shrink: float, keep1: float, new1: float, keep2: float, new2: float, lr: float,
) -> None:  # fmt: skip
    a, b, _ = scratch
    np.multiply(m, keep1, out=a)
    a += np.multiply(g, new1, out=b)
    np.sign(a, out=a)
    a *= lr
    if shrink != 1:
        p *= shrink
    p -= a
    add_share(b, m, keep2, g, new2)


LOOPS: dict[str, Callable[..., None]] = {
    "adam": adam_loop, "amsgrad": amsgrad_loop, "nadam": nadam_loop, "sgd": sgd_loop, "momentum": momentum_loop,
    "rmsprop": rmsprop_loop, "adagrad": adagrad_loop, "lion": lion_loop,
}  # fmt: skip


def kernels(plan: Plan = planned) -> Mapping[str, UpdateKernel]:
    """The kernels by the names of the rules."""
    rules: dict[str, Callable[..., Planned]] = {
        "adam": adam, "adamw": adam, "nadam": nadam, "sgd": sgd, "rmsprop": rmsprop, "adagrad": adagrad, "lion": lion,
    }  # fmt: skip
    return {name: partial(kernel, plan) for name, kernel in rules.items()}
