"""What the documentation says of the commands, and what the commands say of themselves."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from enrich.cli import enrich

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "commands.md").read_text()


def commands(command: click.Command = enrich, path: str = "enrich") -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its words."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, f"{path} {name}")
    if command is not enrich:
        yield path, command


ALL = dict(commands())


@pytest.mark.parametrize("path", ALL)
def test_every_command_and_option_is_documented(path: str) -> None:
    """The page has a section for each command, and in it every option with the sentence `--help` gives it."""
    assert f"# `{path}`\n" in PAGE
    section = PAGE.split(f"# `{path}`\n")[1].split("\n## ")[0]
    for parameter in ALL[path].params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.name} says nothing of itself"
            assert all(f"`{option}`" in section for option in parameter.opts), parameter.opts
            assert parameter.help in section
            if parameter.show_default:
                said = parameter.show_default
                default = said if isinstance(said, str) else parameter.default
                assert f"| {parameter.help} [default: {default}] |" in section


def test_the_page_documents_nothing_that_is_not_there() -> None:
    """A section or an option that no command has is left over."""
    assert set(re.findall(r"^#+ `(enrich [^`]+)`$", PAGE, re.MULTILINE)) == set(ALL)
    options = {option for command in ALL.values() for param in command.params for option in param.opts}
    assert set(re.findall(r"`(--[a-z-]+)`", PAGE)) <= options


@pytest.mark.parametrize("path", ALL)
def test_every_help_has_an_example_that_parses(path: str) -> None:
    """`--help` works for each command and shows an example whose options exist."""
    result = CliRunner().invoke(enrich, [*path.split()[1:], "--help"])
    assert result.exit_code == 0
    assert "Example:" in result.output
    lines = [line.strip() for line in (ALL[path].epilog or "").splitlines() if "enrich " in line]
    assert lines
    for line in lines:
        options = [word for word in shlex.split(line.split("&&")[0], comments=False) if word.startswith("--")]
        known = {option for param in ALL[path].params for option in param.opts}
        known |= {option for command in ALL.values() for param in command.params for option in param.opts}
        assert set(options) <= known


PAGES = [
    "README.md",
    "CHANGELOG.md",
    "cache/README.md",
    *sorted(str(page.relative_to(ROOT)) for page in ROOT.glob("docs/**/*.md")),
]


def anchors(text: str) -> set[str]:
    """Return what the headings of a page are called in an address."""
    heads = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES)
def test_links_between_pages_lead_somewhere(page: str) -> None:
    """Every relative link names a file or folder of the checkout, and a heading that is there."""
    place = ROOT / page
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", place.read_text(), flags=re.DOTALL)):
        if not target.startswith(("http:", "https:", "mailto:")):
            name, _, anchor = target.partition("#")
            named = place.parent / name if name else place
            assert named.exists(), f"{page}: {target}"
            assert not anchor or anchor in anchors(named.read_text()), f"{page}: {target}"
