"""The primitives: one file per chapter of the array API standard, and neural.py for what it lacks."""

from types import ModuleType, SimpleNamespace

from xnn.autograd.graph import frontend
from xnn_backends import Namespace
from xnn_backends.dtypes import BY_NAME

from . import (
    creation,
    data_types,
    elementwise,
    indexing,
    linear_algebra,
    manipulation,
    neural,
    searching,
    sorting,
    statistical,
)

CHAPTERS = (
    creation, data_types, elementwise, indexing, linear_algebra, manipulation, searching, sorting, statistical, neural,
)  # fmt: skip


def _collect(chapters: tuple[ModuleType, ...]) -> Namespace:
    """What a rule or a definition finds in `xp` when it runs on Arrays."""
    found: dict[str, object] = dict(BY_NAME)
    for chapter in chapters:
        for name, value in vars(chapter).items():
            if name[0] != "_" and getattr(value, "__module__", "") == chapter.__name__:
                found[name] = value
    return Namespace(SimpleNamespace(), **found)


frontend.xp = _collect(CHAPTERS)
