"""Rows of xnn.ops.recurrent: two steps of two sequences, the second of length 1 where lengths are given."""

from tests.ops.rows.row import FLOATS, Operand, Row, tensor
from tests.oracle import torch
from xnn.ops import recurrent

N, SIZE, H = 2, 2, 2
X, STATE = Operand((2, N, SIZE)), Operand((N, H))
LENGTHS = [2, 1]


def weights(gates, out=H):
    return Operand((gates * H, SIZE)), Operand((gates * H, out)), Operand((gates * H,)), Operand((gates * H,))


def ours(name, lengths, **static):
    """All outputs and last states in one array."""

    def call(xp, *arrays):
        if lengths is not None:
            arrays = (
                *arrays,
                *[None] * (name == "lstm" and len(arrays) == 7),
                xp.asarray(LENGTHS, device=arrays[0].device),
            )
        out, *states = getattr(recurrent, name)(*arrays, **static)
        return xp.concat([xp.reshape(part, (-1,)) for part in (out, *states)])

    return call


def theirs(name, lengths, reverse, count):
    """The same of torch.nn's layer; in reverse it has two directions, of which the second is looked at."""

    def call(x, *rest):
        states, (w_ih, w_hh, *others) = rest[:count], rest[count:]
        layer = getattr(torch.nn, name.upper())
        options = {"proj_size": w_hh.shape[1]} if w_hh.shape[1] < states[-1].shape[1] else {}
        layer = layer(x.shape[2], H, bidirectional=reverse, **options).to(x.dtype)
        names = [n for n, _ in layer.named_parameters() if n.endswith("reverse") == reverse]
        given = dict(zip(names, (w_ih, w_hh, *others), strict=True))
        states = [torch.stack([s, s] if reverse else [s]) for s in states]
        packed = torch.nn.utils.rnn.pack_padded_sequence(x, torch.tensor(LENGTHS if lengths else [2, 2]))
        hx = states[0] if count == 1 else tuple(states)
        rest = {n: p for n, p in layer.named_parameters() if n not in given}
        out, last = torch.func.functional_call(layer, {**rest, **given}, (packed, hx))
        out = torch.nn.utils.rnn.pad_packed_sequence(out)[0]
        last = [last] if count == 1 else last
        out = out[..., out.shape[-1] // 2 :] if reverse else out
        return torch.cat([part.reshape(-1) for part in (out, *(s[-1] for s in last))])

    return call


def row(id, name, operands, count=1, lengths=None, reverse=False, **static):
    reference = theirs(name, lengths, reverse, count)

    def numpy(*arrays):
        return reference(*map(tensor, arrays)).detach().numpy()

    call = ours(name, lengths, reverse=reverse, **static)
    return Row(id, name, call, operands, FLOATS, numpy, reference)


def steps(name, count, gates, reverse=False):
    """The states after each step: the layer whose inputs are the gates. Of the second state the last is looked at."""
    layer, is_gru = theirs(name, None, reverse, count), name == "gru"

    def call(xp, *arrays):
        all_states = getattr(recurrent, f"{name}_states")(*arrays, reverse=reverse)
        last = all_states[0 if reverse else -1, ...]
        parts = all_states[..., :H], last[:, :H], *[last[:, H:]] * (count - 1)
        return xp.concat([xp.reshape(part, (-1,)) for part in parts])

    def reference(x, *rest):
        w_hh, *bias = rest[count:]
        zeros = x.new_zeros(gates * H)
        return layer(x, *rest[:count], torch.eye(gates * H, dtype=x.dtype), w_hh, zeros, *(bias or [zeros]))

    operands = Operand((2, N, gates * H)), *[STATE] * count, Operand((gates * H, H)), *[Operand((gates * H,))] * is_gru
    return Row(
        f"{name}_states",
        f"{name}_states",
        call,
        operands,
        FLOATS,
        lambda *arrays: reference(*map(tensor, arrays)).detach().numpy(),
        reference,
    )


def padded(side):
    def theirs(*sequences):
        return torch.nn.utils.rnn.pad_sequence(sequences, True, 0.5, side)

    return Row(
        f"padded {side}",
        "padded",
        lambda xp, *sequences: recurrent.padded(*sequences, value=0.5, is_left=side == "left"),
        (Operand((2, 2)), Operand((3, 2)), Operand((0, 2))),
        FLOATS,
        lambda *sequences: theirs(*map(tensor, sequences)).numpy(),
        theirs,
    )


ROWS = [
    steps("rnn", 1, 1),
    steps("lstm", 2, 4, reverse=True),
    steps("gru", 1, 3, reverse=True),
    padded("left"),
    padded("right"),
    row("rnn", "rnn", (X, STATE, *weights(1))),
    row("rnn in reverse", "rnn", (X, STATE, *weights(1)), lengths=LENGTHS, reverse=True),
    row("lstm", "lstm", (X, STATE, STATE, *weights(4)), 2),
    row("lstm of lengths", "lstm", (X, STATE, STATE, *weights(4)), 2, lengths=LENGTHS),
    row("lstm projected", "lstm", (X, Operand((N, 1)), STATE, *weights(4, 1), Operand((1, H))), 2, reverse=True),
    row("gru", "gru", (X, STATE, *weights(3))),
    row("gru in reverse", "gru", (X, STATE, *weights(3)), lengths=LENGTHS, reverse=True),
]
