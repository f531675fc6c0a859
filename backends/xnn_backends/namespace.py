"""The functions that a primitive may call: the standard's, and the few that it lacks."""

from __future__ import annotations

import operator
from typing import Any


class Namespace:
    """A library's array API namespace, with what derivatives need beyond it.

    Beyond the standard: `getitem(x, key)`; `setitem(x, key, value)`, a copy with the values put in;
    `scatter_add(x, key, value)`, a copy with the values added, as often as an index stands in `key`;
    `device(x)`, what creation functions take as `device=`.

    A function is looked up once and then is an attribute of this object, without a module's
    `__getattr__` in between; one name can be overridden for one backend only.
    """

    def __init__(self, module: object, **overrides: Any) -> None:
        self._module = module
        self.getitem = operator.getitem
        self.device = operator.attrgetter("device")
        self.__dict__.update(overrides)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._module, name)
        self.__dict__[name] = value
        return value
