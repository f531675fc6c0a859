"""Arguments have PyTorch's names, order and defaults, but for what stands here."""

import inspect

import pytest

from tests.oracle import torch
from xnn import nn

# device and dtype are keywords here, arrays are never changed in place, and size_average and reduce are deprecated.
ELSEWHERE = {"device", "dtype", "inplace", "size_average", "reduce", "out"}
WITH_INDICES = [f"{kind}max_pool{n}d" for kind in ("", "adaptive_", "fractional_") for n in (1, 2, 3)]
MISSING = {
    "Hardtanh": {"min_value", "max_value"},  # deprecated
    "TransformerEncoder": {"mask_check"},  # of nested tensors
    "gumbel_softmax": {"eps"},  # deprecated
    "linear_cross_entropy": {"options"},  # of how it is computed
    **{f"{name}_with_indices": {"return_indices"} for name in WITH_INDICES},  # without effect
    "AdaptiveLogSoftmaxWithLoss.forward": {"input_", "target_"},  # input and target, as elsewhere
    "LinearCrossEntropyLoss": {"options"},  # of chunks
    "RMSNorm.forward": {"x"},  # input, as elsewhere
    "Module.load_state_dict": {"assign"},
    "Module.modules": {"remove_duplicate"},
    "Module.named_modules": {"memo"},
    "Module.register_forward_hook": {"always_call"},
    "Module.set_submodule": {"strict"},
    "Module.state_dict": {"destination"},
}
OTHER_DEFAULTS = {
    "Parameter": {"data"},
    "TransformerEncoder": {"enable_nested_tensor"},
    **{name: {"dim"} for name in ("Softmax", "LogSoftmax", "Softmin", "softmax", "log_softmax", "softmin")},
}
# Of what is done to modules; of the state's hooks; of compilers, other devices, and older releases.
METHODS = {
    "to_empty", "type", "share_memory", "call_super_init",
    "get_extra_state", "set_extra_state", "register_load_state_dict_post_hook", "register_load_state_dict_pre_hook",
    "register_state_dict_post_hook", "register_state_dict_pre_hook",
    "compile", "ipu", "mtia", "xpu", "T_destination", "dump_patches", "register_backward_hook",
}  # fmt: skip


def named():
    """What both libraries have: classes, what calls them, functions, and the methods of modules."""
    for ours, theirs in ((nn, torch.nn), (nn.functional, torch.nn.functional)):
        for name in ours.__all__:
            if hasattr(theirs, name) and callable(getattr(ours, name)):
                yield name, getattr(ours, name), getattr(theirs, name)
                if isinstance(getattr(ours, name), type) and hasattr(getattr(ours, name), "forward"):
                    yield f"{name}.forward", getattr(ours, name).forward, getattr(theirs, name).forward
    for name in sorted(public(nn.Module) & public(torch.nn.Module) - {"forward", "to"}):  # `to` has forms of its own
        yield f"Module.{name}", getattr(nn.Module, name), getattr(torch.nn.Module, name)


def pairs():
    """Those whose arguments are known of both; those of some of PyTorch's functions, written in C++, are not."""
    return [
        pytest.param(name, *found, id=name)
        for name, *both in named()
        if None not in (found := [arguments(function) for function in both])
    ]


def public(kind):
    return {name for name in dir(kind) if not name.startswith("_")}


def arguments(function):
    """Those that count, and the names of those that are positional; None where the signature says nothing."""
    if inspect.isbuiltin(function):
        return None
    found = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in found):
        return None
    counted = {p.name: p for p in found if p.name not in ELSEWHERE and not p.name.startswith("_")}
    return counted, [p.name for p in counted.values() if p.kind is not p.KEYWORD_ONLY]


def default(parameter):
    return getattr(parameter.default, "__name__", parameter.default)  # functions by their names


@pytest.mark.parametrize(("name", "ours", "theirs"), pairs())
def test_arguments(name, ours, theirs):
    (own, order), (wanted, their_order) = ours, theirs
    assert wanted.keys() - own.keys() == MISSING.get(name, set())
    differ = {
        argument for argument in own.keys() & wanted.keys() if default(own[argument]) != default(wanted[argument])
    }
    assert differ == OTHER_DEFAULTS.get(name, set())
    common = [argument for argument in their_order if argument not in MISSING.get(name, ())]
    assert order[: len(common)] == common[: len(order)], "positions"


def test_most_are_compared():
    assert len(pairs()) > 250


def test_methods_of_modules():
    assert public(torch.nn.Module) - public(nn.Module) == METHODS
