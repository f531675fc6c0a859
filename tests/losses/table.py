"""The table of losses: a row for each public name."""

from tests.losses.rows import binary, classification, ctc, keras, margins, regression

TORCH = [*binary.ROWS, *classification.ROWS, *ctc.ROWS, *margins.ROWS, *regression.ROWS]
OTHERS = keras.ROWS
ROWS = [*TORCH, *OTHERS]
