import pytest

from export import c_program


@pytest.fixture(scope="session")
def program(tmp_path_factory):
    """The path of the C program, built once: it takes seconds."""
    try:
        return c_program.build(tmp_path_factory.mktemp("program"))
    except c_program.CannotBuildError as error:
        pytest.skip(str(error))


@pytest.fixture
def built(program, monkeypatch):
    """The C program, for all who build it."""
    monkeypatch.setattr(c_program, "build", lambda folder: program)
    return program
