"""What is shipped: one top-level name, typed, with a public surface that is what it says."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import enrich

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        ".",
    ]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (built,) = folder.glob("doi_enrich-*.whl")
    return built


def test_the_wheel_has_one_top_level_name_and_its_data(wheel: Path) -> None:
    """`cache/` and `config/` would shadow a user's own modules; policies, prefixes and style sheets must be there."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"enrich"}
    tracked = subprocess.run(
        ["git", "ls-files", "enrich"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    assert set(tracked) - set(names) == set()
    assert "enrich/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_public_names_are_sorted_and_there() -> None:
    """`__all__` is the surface: sorted, importable, and all that `dir` shows."""
    assert enrich.__all__ == sorted(enrich.__all__)
    assert dir(enrich) == sorted(enrich.__all__)
    for name in enrich.__all__:
        assert getattr(enrich, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        _ = enrich.nonsense


def test_every_public_name_says_what_it_is() -> None:
    """Classes and functions of the surface have a docstring."""
    for name in enrich.__all__:
        public = getattr(enrich, name)
        if callable(public) and name not in {"Doi", "Outcome"}:
            assert public.__doc__, name


def test_a_strict_caller_type_checks(tmp_path: Path) -> None:
    """Someone who runs mypy in strict mode can use every verb without an ignore."""
    (tmp_path / "caller.py").write_text(
        "import enrich\n\n\n"
        "def titles(path: str) -> list[str | None]:\n"
        "    return [result.record.work.title for result in enrich.clean(path, policy='fill')]\n\n\n"
        "def known(doi: str) -> bool:\n"
        "    return isinstance(enrich.resolve(doi), enrich.Found)\n\n\n"
        "async def statuses(path: str) -> list[str]:\n"
        "    async with enrich.Enricher(enrich.Settings(mailto='me@example.org')) as enricher:\n"
        "        return [result.status async for result in enricher.stream(enrich.read(path))]\n\n\n"
        "def copied(path: str) -> bytes:\n"
        "    return b''.join(enrich.write(enrich.read(path), format='refer'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file", "", "caller.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout


def test_looking_at_the_version_loads_no_http_client() -> None:
    """A command that asks nobody must not pay for the client: imports are made when they are needed."""
    code = (
        "import sys, enrich.cli\n"
        "from click.testing import CliRunner\n"
        "assert CliRunner().invoke(enrich.cli.enrich, ['--version']).exit_code == 0\n"
        "print(sorted({'httpx', 'tenacity', 'diskcache', 'rich', 'pydantic'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
