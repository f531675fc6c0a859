"""cuFFT, answered by numpy.fft."""

import ctypes
import itertools
from ctypes import c_int
from dataclasses import dataclass

import numpy as np

from .libraries import answer, device, host

# cufftType: input and output type
KINDS = {0x29: "FF", 0x2A: "fF", 0x2C: "Ff", 0x69: "DD", 0x6A: "dD", 0x6C: "Dd"}


@dataclass
class Plan:
    lengths: tuple  # of the transform
    batch: int
    embed: tuple  # storage shape of input and output; None: dense
    stride: tuple
    distance: tuple


plans = {}
_numbers = itertools.count(1)


@answer("cufftGetVersion")
def get_version(version):
    host(version, "i", 1)[0] = 12000


@answer("cufftCreate")
def create(plan):
    host(plan, "i", 1)[0] = next(_numbers)


@answer("cufftDestroy")
def destroy(plan: c_int):
    plans.pop(plan, None)


@answer("cufftMakePlan1d")
def make_plan_1d(plan: c_int, length: c_int, kind: c_int, batch: c_int, work_size):
    plans[plan] = Plan((length,), batch, (None, None), (1, 1), (0, 0))
    host(work_size, np.uintp, 1)[0] = 0


@answer("cufftMakePlanMany")
def make_plan_many(
    plan: c_int,
    rank: c_int,
    lengths,
    embed_in,
    stride_in: c_int,
    distance_in: c_int,
    embed_out,
    stride_out: c_int,
    distance_out: c_int,
    kind: c_int,
    batch: c_int,
    work_size,
):
    lengths, *embed = (tuple(host(p, "i", rank).tolist()) if p else None for p in (lengths, embed_in, embed_out))
    plans[plan] = Plan(lengths, batch, tuple(embed), (stride_in, stride_out), (distance_in, distance_out))
    host(work_size, np.uintp, 1)[0] = 0


def _view(plan, side, address, dtype, lengths):
    """The array of shape (batch, *lengths) that a plan describes."""
    item = np.dtype(dtype).itemsize
    embed = plan.embed[side]
    stride, distance = plan.stride[side], plan.distance[side]
    if embed is None:  # cuFFT then ignores stride and distance
        embed, stride, distance = lengths, 1, int(np.prod(lengths))
    steps = [item * stride * int(np.prod(embed[i + 1 :])) for i in range(len(embed))]
    shape, strides = (plan.batch, *lengths), (item * distance, *steps)
    last = sum((n - 1) * step for n, step in zip(shape, strides, strict=True)) + item
    device(address, np.uint8, last)
    return np.ndarray(shape, dtype, (ctypes.c_char * last).from_address(address), strides=strides)


def _execute(plan, source, target, kind, direction):
    plan = plans[plan]
    taken, given = KINDS[kind]
    half = (*plan.lengths[:-1], plan.lengths[-1] // 2 + 1)
    source = _view(plan, 0, source, taken, half if given in "fd" else plan.lengths)
    target = _view(plan, 1, target, given, half if taken in "fd" else plan.lengths)
    axes = tuple(range(1, len(plan.lengths) + 1))
    if taken in "fd":
        target[...] = np.fft.rfftn(source, axes=axes)
    elif given in "fd":  # norm="forward": cuFFT does not scale
        target[...] = np.fft.irfftn(source, plan.lengths, axes=axes, norm="forward")
    elif direction < 0:
        target[...] = np.fft.fftn(source, axes=axes)
    else:
        target[...] = np.fft.ifftn(source, axes=axes, norm="forward")


def _executor(kind, with_direction):
    def complex_to_complex(plan: c_int, source, target, direction: c_int):
        _execute(plan, source, target, kind, direction)

    def with_real(plan: c_int, source, target):
        _execute(plan, source, target, kind, 0)

    return complex_to_complex if with_direction else with_real


for _name, _kind in zip(("C2C", "R2C", "C2R", "Z2Z", "D2Z", "Z2D"), KINDS, strict=True):
    answer(f"cufftExec{_name}")(_executor(_kind, _name in ("C2C", "Z2Z")))
