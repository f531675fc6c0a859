"""The table of losses: a row for each public name."""

from tests.losses.rows import classification, keras, margins, regression

TORCH = [*classification.ROWS, *margins.ROWS, *regression.ROWS]
OTHERS = keras.ROWS
ROWS = [*TORCH, *OTHERS]
