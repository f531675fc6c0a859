import pytest

from tests.data.files import write_mnist


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """A folder with the IDX files of 200 and 80 digits."""
    return write_mnist(tmp_path_factory.mktemp("small") / "mnist")
