"""Rows of a table by their numbers, and their gradient, which is summed in one order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cupy

from xnn_backends.protocol import Kernel

from .folding import in_parts
from .sources import Source, straight

PART = 1 << 16  # numbers that are compared with each other at once

# One launch forwards, where the definition's steps take seven. Backwards each row of the table is the sum of its own
# gradients, in their order: an atomic add would take them in any. A sort would find them, but CUDA's waits for the
# host; so each number looks for the next one that is the same, 65,536 numbers at a time.
SOURCE = Source(
    r"""
__device__ inline bool is_in(Int number, Int count) { return number >= 0 && number < count; }
extern "C" __global__ void embedding(const REAL* table, const Int* numbers, REAL* rows, Int count, Int width, Int n) {
    Int i = here();
    if (i >= n) return;
    Int at = over(i, width), number = numbers[at];
    rows[i] = is_in(number, count) ? (WIDE)table[number * width + i - at * width] : (WIDE)NOT_A_NUMBER;
}
// Each number with where it comes next, or -1; and whether it came before. One that the table lacks counts as 0.
extern "C" __global__ void embedding_links(const Int* numbers, int* next, bool* came, bool* lacks, Int count, Int n) {
    Int i = here();
    if (i >= n) return;
    Int key = is_in(numbers[i], count) ? numbers[i] : 0;
    if (key != numbers[i]) *lacks = true;
    Int j = i + 1;
    for (; j < n; j++)
        if (numbers[j] == key || (key == 0 && !is_in(numbers[j], count))) break;
    next[i] = j < n ? j : -1;
    if (j < n) came[j] = true;
}
extern "C" __global__ void embedding_sums(
    const REAL* g, const Int* numbers, const int* next, const bool* came, const bool* lacks, WIDE* table, Int count,
    Int width, Int padding, Int n
) {
    Int i = here(), first = over(i, width);
    if (i >= n || came[first]) return;
    Int key = is_in(numbers[first], count) ? numbers[first] : 0, d = i - first * width;
    WIDE sum = 0;
    for (Int at = key == padding ? -1 : first; at >= 0; at = next[at]) sum += (WIDE)g[at * width + d];
    if (key == 0 && *lacks) sum = NOT_A_NUMBER;
    table[key * width + d] += sum;
}
"""
)


def _embedding(
    xp: Any, weight: Any, indices: Any, *, padding_idx: int | None = None, scale_grad_by_freq: bool = False
) -> tuple[Any, None]:
    numbers = straight(indices.astype(cupy.int64, copy=False))

    def rows_of(table: Any) -> Any:
        table = straight(table)
        count, width = table.shape
        rows = cupy.empty((*indices.shape, width), table.dtype)
        SOURCE.each("embedding", rows.dtype, rows.size, table, numbers, rows, count, width)
        return rows

    return (in_parts(rows_of, weight) if weight.dtype.kind == "c" else rows_of(weight)), None


def _embedding_vjp(
    xp: Any, residual: None, g: Any, needs: Sequence[bool], weight: Any, indices: Any, *,
    padding_idx: int | None = None, scale_grad_by_freq: bool = False,
) -> list[Any]:  # fmt: skip
    count, width = weight.shape
    numbers = straight(indices.astype(cupy.int64, copy=False)).reshape(-1)
    padding = -1 if padding_idx is None else padding_idx
    lacks = cupy.zeros((), cupy.bool_)
    parts = []
    for start in range(0, numbers.size, PART):
        part = numbers[start : start + PART]
        following, came = cupy.empty(part.size, cupy.int32), cupy.zeros(part.size, cupy.bool_)
        SOURCE.each("embedding_links", cupy.dtype(cupy.float32), part.size, part, following, came, lacks, count)
        parts.append((start, part, following, came))

    def summed(rows: Any, width: int, padding: int) -> Any:
        rows = straight(rows).reshape(-1, width)
        table = cupy.zeros((count, width), cupy.promote_types(rows.dtype, cupy.float32))
        for start, part, following, came in parts:
            here = rows[start : start + part.size]
            arguments = (here, part, following, came, lacks, table, count, width, padding)
            SOURCE.each("embedding_sums", rows.dtype, here.size, *arguments)
        return table

    table = in_parts(summed, g, width, padding) if g.dtype.kind == "c" else summed(g, width, padding)
    if scale_grad_by_freq:
        times = summed(cupy.ones(numbers.size, table.real.dtype), 1, -1)
        table /= cupy.maximum(times, 1)
    return [table.astype(g.dtype, copy=False), None]


def kernels() -> Mapping[str, Kernel]:
    """The kernels by the names of their primitives."""
    return {"embedding": Kernel(_embedding, _embedding_vjp)}
