"""What a user's type checker sees: the files of `users/` under mypy --strict and pyright, each line of them."""

import pytest

from .checkers import CHECKERS, FILES, expected, is_installed, said

pytestmark = [
    pytest.mark.parametrize("checker", [name for name in CHECKERS if is_installed(name)]),
    pytest.mark.xdist_group("type checkers"),
]


@pytest.mark.parametrize("name", FILES)
def test_types(checker, name):
    wanted, _ = expected(name)
    types, _ = said(checker)[name]
    assert wanted
    assert types == wanted


@pytest.mark.parametrize("name", FILES)
def test_errors(checker, name):
    _, wanted = expected(name)
    _, errors = said(checker)[name]
    assert errors.keys() - wanted == set(), {line: errors[line] for line in errors.keys() - wanted}
    assert wanted - errors.keys() == set(), "lines that must not pass"
