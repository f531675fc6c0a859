"""What is refused: the error, with its whole text."""

import pytest


def assert_refused(kind, text, call):
    """Assert that the call raises that kind of error with exactly that text."""
    with pytest.raises(kind) as raised:
        call()
    assert str(raised.value) == text
