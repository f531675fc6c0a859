"""A primitive: one differentiable operation, its forward pass and its derivative side by side."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from xnn_backends import Backend
from xnn_backends.protocol import Kernel

from .dispatch import apply
from .graph import Check, Explanation, Node, Operation, Promotion, Rule, frontend
from .operands import SETTLED, settled
from .refusals import refuse_texts

P = ParamSpec("P")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Dispatcher = Callable[[Operation, Sequence[Any], dict[str, Any]], Any]

_dispatch: Dispatcher = apply


def dispatch_through(dispatcher: Dispatcher | None) -> None:
    """Send all primitives' calls through `dispatcher(primitive, args, static)`, which ends in `apply`; None: no longer.

    A name that is bound anew, so that calls pay nothing while there is none.
    """
    global _dispatch
    _dispatch = apply if dispatcher is None else dispatcher


class Primitive(Operation, Generic[P, R_co]):
    """An operation on arrays, with its derivative. Made by `primitive` or `fused`, and called as a function.

    The positional-only parameters of its definition are arrays (`*arrays` too), or as many of the first ones as
    `arrays` says, which may be given by name, too; the others are static. Raw arrays of any backend give a raw array;
    with an Array among them, an Array.

    Attributes:
        name: of the definition; backends' kernels are found by it, for xnn's own primitives.
        array_names: of the parameters that are arrays.
        forward: `forward(xp, *arrays, **static)`, in functions of `xp` alone.
        rules: for each input None (no derivative) or `rule(xp, g, out, *arrays, **static)`, the cotangent of that input
            when `g` is that of the output; the engine sums over broadcast dimensions. Where the forward pass gives a
            tuple, `g` is one too, with None for what nothing depends on.
        joint: in the place of rules, `joint(xp, needs, g, out, *arrays, **static)`: a tuple.
        kind: how a tangent goes forward. "elementwise": an element of the output depends on that element of each input
            alone, so a rule serves with the tangent in the place of `g`. "linear": the function itself, of the tangents
            of all arrays that have a rule. "multilinear": the sum of the function with one tangent at a time. None: the
            engine transposes the rule.
        keeps: which inputs (by name) and whether the output ("out") the derivative reads. It gets
            a Spec in the place of every other: shape and dtype without values.
        promote: `promote(device, operands, raws)` casts operands before the forward pass; it gives
            back the same object where nothing is to be cast. With an attribute `keeps_floats` it is not even asked
            where the arrays have one real floating type, and scalars are Python's ints and floats; with
            one that `sees_scalars`, there must be none of these.
        kernel: an override for all backends; a backend's own comes first.
        explain: `explain(shapes, static)`, asked after a call has failed: raises the error that says why, if shapes
            and options are the reason; `refusals.refuse` has words for others.
        check: `check(primitive, *arrays, **static)`, asked before a call by the one who calls: raises for what does not
            fit, and may give other static arguments, by name, in the place of these.
        definition: `definition(node, *arrays)`, the outputs in other primitives, which are differentiated in the place
            of rules; None for what has rules.

    Cotangents of complex arrays are bilinear inside of the engine: a rule is the plain transpose of the derivative, so
    `g * cos(x)` serves complex x as well. What users call (backward, vjp, ...) conjugates: its gradients are PyTorch's.
    """

    def __init__(
        self,
        forward: Callable[Concatenate[Any, P], R_co],
        *,
        rules: Sequence[Rule | None] = (),
        joint: Rule | None = None,
        keeps: str = "",
        promote: Promotion | None = None,
        kernel: Kernel | None = None,
        kind: str | None = None,
        explain: Explanation | None = None,
        check: Check | None = None,
        arrays: int | None = None,
        is_fused: bool = False,
    ) -> None:
        functools.update_wrapper(self, forward)
        self.name = forward.__name__
        self.forward = forward
        self.rules = tuple(rules)
        self.joint = joint
        self.has_rules_only = bool(self.rules) and joint is None and not is_fused
        self.promote = promote
        self.keeps_floats = getattr(promote, "keeps_floats", False)
        self.takes_scalars = not getattr(promote, "sees_scalars", False)
        self.is_differentiable = bool(self.rules or joint or is_fused)
        self.definition: Callable[..., Sequence[Any]] | None = self._definition if is_fused else None
        self.kernel = kernel
        self.explain = explain
        self.check = check
        self.kind = kind
        # By hand: `import xnn` would feel inspect.signature of every primitive.
        code = forward.__code__
        count, positional = code.co_posonlyargcount if arrays is None else arrays + 1, code.co_argcount
        parameters = code.co_varnames[1 : positional + code.co_kwonlyargcount]  # without xp
        defaults = forward.__defaults__ or ()
        self.variadic = bool(code.co_flags & inspect.CO_VARARGS)
        names = self.array_names = parameters[: max(count - 1, 0)]
        self.arity = len(names)
        self.has_named_arrays = arrays is not None
        self.optional = max(len(defaults) - (positional - count), 0) if count else 0
        self.static_names = parameters[self.arity :]
        self.static_positional = parameters[self.arity : max(positional - 1, self.arity)]
        last = self.static_positional[::-1]
        self.defaults = dict(reversed([*zip(last, reversed(defaults), strict=False)])) | (forward.__kwdefaults__ or {})
        self.takes_dtype = "dtype" in self.static_names
        self.flags = [name for name in self.static_names if forward.__annotations__.get(name) in (bool, "bool")]
        self.settled_types = SETTLED - {str} if self.flags else SETTLED
        kept = keeps.split()
        self.keeps_out = "out" in kept
        self.kept = tuple(name in kept for name in names)
        self.keeps_all = bool(names) and all(self.kept) and not self.variadic
        self.kernels_found: dict[Backend, Kernel | None] = {}

    @functools.cached_property
    def __signature__(self) -> inspect.Signature:
        signature = inspect.signature(self.forward)
        return signature.replace(parameters=list(signature.parameters.values())[1:])

    def _definition(self, node: Node, *args: Any) -> tuple[Any, ...]:
        """What a fused primitive stands for, on Arrays."""
        out = self.forward(frontend.xp, *args, **node.static)
        return out if isinstance(out, tuple) else (out,)

    def __reduce__(self) -> str:
        return self.forward.__qualname__  # pickled by name and copied as itself, as a function is

    def __repr__(self) -> str:
        return f"<xnn function {self.name}{self.__signature__}>"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co:
        arrays: tuple[Any, ...] = args
        static: dict[str, Any] = kwargs
        if len(args) != self.arity and not self.variadic:
            arrays, static = self._bound(args, kwargs)
        if not static and self.check is None:
            return _dispatch(self, arrays, self.defaults)
        for value in static.values():
            if type(value) not in self.settled_types:
                static = self._settled(static)
                break
        if self.defaults:
            static = {**self.defaults, **static}
        if self.check is not None:
            static = self.check(self, *arrays, **static) or static
        return _dispatch(self, arrays, static)

    def _bound(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Arrays, None for optional ones that were not given, and the static arguments, also those given by position.

        Raises:
            TypeError: Python's, for an argument that is missing, not there, or given twice.
        """
        if self.has_named_arrays and kwargs and len(args) < self.arity:
            bound = self.__signature__.bind(*args, **kwargs).arguments
            arrays = tuple(bound.pop(name, None) for name in self.array_names)
            return arrays, bound
        extra = len(args) - self.arity
        if extra < -self.optional or extra > len(self.static_positional):
            self.__signature__.bind(*args, **kwargs)  # raises, and names what is wrong
        if extra < 0:
            return (*args, *(None,) * -extra), kwargs
        given = dict(zip(self.static_positional, args[self.arity :], strict=False))
        if kwargs:
            if given.keys() & kwargs.keys():
                self.__signature__.bind(*args, **kwargs)
            given |= kwargs
        return args[: self.arity], given

    def _settled(self, static: dict[str, Any]) -> dict[str, Any]:
        """Options that nobody changes afterwards, of which flags are True or False."""
        static = {name: settled(value) for name, value in static.items()}
        refuse_texts(self.name.lstrip("_"), **{flag: static[flag] for flag in self.flags if flag in static})
        return static

    def kernel_for(self, backend: Backend) -> Kernel | None:
        """The backend's own kernel, else the one for all; a user's primitive is not taken for xnn's of that name."""
        if backend not in self.kernels_found:
            is_own = self.forward.__module__.startswith("xnn.")
            self.kernels_found[backend] = backend.kernels.get(self.name, self.kernel) if is_own else self.kernel
        return self.kernels_found[backend]


def primitive(
    *rules: Rule | None,
    joint: Rule | None = None,
    keeps: str = "",
    promote: Promotion | None = None,
    kernel: Kernel | None = None,
    kind: str | None = None,
    explain: Explanation | None = None,
    check: Check | None = None,
    arrays: int | None = None,
) -> Callable[[Callable[Concatenate[Any, P], R]], Primitive[P, R]]:
    """Make a primitive of a function `f(xp, *arrays, **static)`; see Primitive for rules and options.

    Example:
        >>> from xnn.autograd.primitive import primitive
        >>> import xnn as xp
        >>> @primitive(lambda xp, g, out, x: 3 * g * x**2, keeps="x")
        ... def cube(xp, x, /):
        ...     return x**3
        >>> x = xp.asarray(2.0, requires_grad=True)
        >>> cube(x).backward()
        >>> float(x.grad)
        12.0
    """
    return lambda forward: Primitive(
        forward,
        rules=rules,
        joint=joint,
        keeps=keeps,
        promote=promote,
        kernel=kernel,
        kind=kind,
        explain=explain,
        check=check,
        arrays=arrays,
    )


def fused(
    *,
    promote: Promotion | None = None,
    kernel: Kernel | None = None,
    explain: Explanation | None = None,
    check: Check | None = None,
    arrays: int | None = None,
) -> Callable[[Callable[Concatenate[Any, P], R]], Primitive[P, R]]:
    """Make one operation of several, for the sake of its kernels.

    The function is the definition, in other primitives: `f(xp, *arrays, **static)`. Where a kernel
    is found it does the work and gives the first derivative; otherwise, and for derivatives of
    higher order, the definition is recorded and differentiated, so no derivative is written twice.
    """
    return lambda forward: Primitive(
        forward, promote=promote, kernel=kernel, explain=explain, check=check, arrays=arrays, is_fused=True
    )
