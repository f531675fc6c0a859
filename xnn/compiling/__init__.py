"""Steps that are recorded once and then replayed: `xnn.compile`.

The one hard idea: a step's Python is run once, and what it does to raw arrays is written down by their identity.

1. `hooks` binds the names of xnn anew that raw arrays go through: calls of primitives (`recorded_primitives`: a node
   then holds a primitive whose derivative is recorded as well), a library's namespace (`namespaces`), sums of
   cotangents, gradients, buffers, draws, updates. They are what they were when nothing is recorded, and cost nothing.
2. `recorder` gives each array a register (`values`) when it comes about, and finds the register of each that is used.
   An array that nobody has seen refuses the step; so nothing is left out in silence. Arrays from before the step are
   places, which a program reads anew and writes to where the step does.
3. `program` makes one function of Python's text of it (`text`), with conditions first (`guards`, `arguments`, and of
   what the step knows by name, `names`): where one does not hold, the step is recorded again. A value that decides what
   is computed is compared with the recorded one on the way; what was written up to there is then put back.
4. `compiled` keeps the programs of a step.
"""

from .compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
