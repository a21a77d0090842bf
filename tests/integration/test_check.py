"""`enrich check` from end to end: rules chosen, outputs, exit codes; and the hook and the action that call it."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import orjson
import pytest
from integration.command import Command, command_for
from lint.test_sarif import VALIDATOR

from enrich.cli.check import command as check
from enrich.lint import RULES

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def enrich(tmp_path: Path) -> Command:
    """Someone with the sample library, the sample snapshot, and no network."""
    run = command_for(tmp_path / "home")
    shutil.copy(ROOT / "examples" / "library.enw", run.home / "library.enw")
    assert run("snapshot", "load", ROOT / "examples" / "snapshot.jsonl").returncode == 0
    return run


def test_all_outputs_tell_the_same(enrich: Command) -> None:
    """Text, JSON, SARIF and annotations hold the same findings in the same order, and nothing is written."""
    before = (enrich.home / "library.enw").read_bytes()
    done = {name: enrich("check", "library.enw", "--output", name) for name in ("text", "json", "sarif", "github")}
    assert {each.returncode for each in done.values()} == {1}
    *rows, last = map(orjson.loads, done["json"].stdout.splitlines())
    codes = [finding["code"] for row in rows for finding in row["findings"]]
    assert {"DOI001", "DOI002", "DOI003", "DOI005", "RET001", "TTL001", "ABS001", "PAG001", "DUP001"} <= set(codes)
    assert [
        re.search(r": ([A-Z]{3}\d{3})\b", line)[1] for line in done["text"].stdout.decode().splitlines()
    ] == codes
    assert re.findall(rb",title=([A-Z]{3}\d{3}) ", done["github"].stdout) == [code.encode() for code in codes]
    VALIDATOR.validate(json.loads(done["sarif"].stdout))
    (run,) = json.loads(done["sarif"].stdout)["runs"]
    assert [result["ruleId"] for result in run["results"]] == codes
    assert sum(last["summary"]["findings"].values()) == len(codes)
    assert last["summary"]["exit_code"] == 1
    assert b"errors" in done["text"].stderr
    assert (enrich.home / "library.enw").read_bytes() == before


def test_only_errors_fail_the_check(enrich: Command) -> None:
    """Settings and options choose the rules and what they count as; what is left out fails nothing."""
    assert enrich("check", "library.enw", "--select", "PAG,TTL").returncode == 0
    assert enrich("check", "library.enw", "--select", "PAG", "--severity", "PAG=error").returncode == 1
    assert enrich("check", "library.enw", ENRICH_SELECT="PAG,DOI", ENRICH_IGNORE="DOI").returncode == 0
    (enrich.home / "enrich.toml").write_text('select = ["RET"]\nseverity = { RET = "warning" }\n')
    done = enrich("check", "library.enw")
    assert (done.returncode, done.stdout.count(b"\n")) == (0, 1)
    assert b"RET001" in done.stdout
    shown = enrich("config", "show").stdout.decode()
    assert 'select = ["RET"]' in shown
    assert 'severity = { "RET" = "warning" }' in shown


def test_nobody_asked_is_never_a_pass(tmp_path: Path) -> None:
    """Without network and snapshot the check ends with 3, even where the rule that says so is left out."""
    run = command_for(tmp_path / "home")
    shutil.copy(ROOT / "examples" / "library.enw", run.home / "library.enw")
    done = run("check", "library.enw", "--select", "PAG", "--output", "sarif")
    assert done.returncode == 3
    assert json.loads(done.stdout)["runs"][0]["invocations"][0]["executionSuccessful"] is False


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--select", "DOJ"], b"--rules"),
        (["--ignore", "NOPE"], b"--rules"),
        (["--severity", "DOI"], b"DIF=warning"),
        (["--severity", "DOI=fatal"], b"severity"),
        (["--explain", "DOI999"], b"--rules"),
    ],
)
def test_a_misspelt_choice_is_a_usage_error(enrich: Command, arguments: list[str], says: bytes) -> None:
    """A rule that does not exist is refused before anything is looked up, with a way out."""
    done = enrich("check", "library.enw", *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == b""


def test_an_input_that_is_no_bibliography_leaves_the_output_empty(enrich: Command) -> None:
    """Half a SARIF log is worse than none."""
    done = enrich("check", "-", "--output", "sarif", text=b"%PDF-1.7")
    assert (done.returncode, done.stdout) == (2, b"")


def test_rules_are_listed_and_explained(enrich: Command) -> None:
    """`--rules` names each, `--explain` prints the page that the documentation has."""
    assert re.findall(r"^[A-Z]{3}\d{3}", enrich("check", "--rules").stdout.decode(), re.MULTILINE) == list(RULES)
    done = enrich("check", "--explain", "doi003")
    assert (done.returncode, done.stdout) == (0, (ROOT / "docs" / "rules" / "DOI003.md").read_bytes())


HOOKS = (ROOT / ".pre-commit-hooks.yaml").read_text()
ACTION = (ROOT / "action.yml").read_text()
CALLS = re.findall(r"^\s*(?:entry: )?(enrich .*)$", f"{HOOKS}\n{ACTION}", re.MULTILINE)
OPTIONS = {option for parameter in check.params for option in parameter.opts}


@pytest.mark.parametrize("call", CALLS)
def test_hooks_and_action_call_what_exists(call: str) -> None:
    """A hook's entry and the action's script name a command and options of this version."""
    words = shlex.split(call)
    assert words[:2] == ["enrich", "check"]
    assert {word for word in words if word.startswith("--") and word != "--"} <= OPTIONS


def test_the_actions_inputs_are_used_and_explained() -> None:
    """Every input has a description, reaches the script through its environment, and every setting named exists."""
    assert len(CALLS) == 4
    inputs, _, steps = ACTION.partition("\nruns:\n")
    names = re.findall(r"^  ([a-z-]+):$", inputs, re.MULTILINE)
    assert len(re.findall(r"^    description: \S", inputs, re.MULTILINE)) == len(names)
    assert set(re.findall(r"\$\{\{ inputs\.([a-z-]+) \}\}", steps)) == set(names)
    script = steps.rpartition("run: |")[2]
    assert "${{" not in script  # what a user writes never becomes part of the script
    from enrich.settings import Settings

    for variable in re.findall(r"ENRICH_([A-Z_]+):", steps):
        assert variable.lower() in Settings.model_fields
