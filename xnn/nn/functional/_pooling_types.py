"""The types of pooling functions, which give a pair with `return_indices`: what type checkers see.

Of an option that is known only when the program runs, Any: a union would make everyone ask what came.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol, overload

from xnn.random import Generator
from xnn.typing import A, AnyArray

from ._windows import OutputSize, Ratio, Size


class MaxPool(Protocol):
    """`max_pool2d` and its like."""

    @overload
    def __call__(
        self,
        input: A,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        return_indices: Literal[False] = False,
    ) -> A: ...
    @overload
    def __call__(
        self,
        input: A,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        *,
        return_indices: Literal[True],
    ) -> tuple[A, A]: ...
    @overload
    def __call__(
        self,
        input: A,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        ceil_mode: bool = False,
        return_indices: bool = False,
    ) -> Any: ...


class AdaptiveMaxPool(Protocol):
    """`adaptive_max_pool2d` and its like."""

    @overload
    def __call__(self, input: A, output_size: OutputSize, return_indices: Literal[False] = False) -> A: ...
    @overload
    def __call__(self, input: A, output_size: OutputSize, return_indices: Literal[True]) -> tuple[A, A]: ...
    @overload
    def __call__(self, input: A, output_size: OutputSize, return_indices: bool = False) -> Any: ...


class FractionalMaxPool(Protocol):
    """`fractional_max_pool2d` and its like."""

    @overload
    def __call__(
        self,
        input: A,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: Ratio | None = None,
        return_indices: Literal[False] = False,
        _random_samples: AnyArray | None = None,
        *,
        generator: Generator | None = None,
    ) -> A: ...
    @overload
    def __call__(
        self,
        input: A,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: Ratio | None = None,
        *,
        return_indices: Literal[True],
        _random_samples: AnyArray | None = None,
        generator: Generator | None = None,
    ) -> tuple[A, A]: ...
    @overload
    def __call__(
        self,
        input: A,
        kernel_size: Size,
        output_size: Size | None = None,
        output_ratio: Ratio | None = None,
        return_indices: bool = False,
        _random_samples: AnyArray | None = None,
        *,
        generator: Generator | None = None,
    ) -> Any: ...


def typed_max_pool(function: Callable[..., Any]) -> MaxPool:
    return function


def typed_adaptive_max_pool(function: Callable[..., Any]) -> AdaptiveMaxPool:
    return function


def typed_fractional_max_pool(function: Callable[..., Any]) -> FractionalMaxPool:
    return function
