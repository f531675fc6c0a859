"""Pages for users: their Python is run, and their links lead somewhere."""

import doctest
import pathlib
import re
from typing import NamedTuple

ROOT = pathlib.Path(__file__).parents[1]
FENCE = re.compile(r"^```(python|pycon)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of a page: a program, or a session whose answers are part of it."""

    page: str
    line: int
    is_session: bool
    code: str


def read(page):
    """The text of a page, named from the root of the repository."""
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page):
    """The blocks of Python on a page, in order."""
    text = read(page)
    return [
        Block(page, text.count("\n", 0, found.start(2)), found[1] == "pycon", found[2])
        for found in FENCE.finditer(text)
    ]


def run(block, namespace):
    """Run a block, under the page's own line numbers; a session must give the answers that stand there."""
    if not block.is_session:
        exec(compile("\n" * block.line + block.code, block.page, "exec"), namespace)
        return
    test = doctest.DocTestParser().get_doctest(block.code, {}, block.page, block.page, block.line)
    test.globs = namespace
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    said = []
    runner.run(test, out=said.append, clear_globs=False)
    assert runner.summarize(verbose=False).failed == 0, "".join(said)


def dead_links(page):
    """The page's links to files, or to headings, that are not there."""
    links = [link for link in re.findall(r"\]\(([^)]+)\)", read(page)) if "://" not in link]
    assert links
    return [link for link in links if not _leads_somewhere(page, *link.partition("#")[::2])]


def _leads_somewhere(page, path, heading):
    target = (ROOT / page).parent / path if path else ROOT / page
    return target.exists() and (not heading or heading in _headings(target))


def _headings(path):
    found = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found]
