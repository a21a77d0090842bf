"""`enrich check`: what is wrong with a library, by rules with codes; nothing is written."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from typing import Any, Final, Protocol

import click

from enrich import sync
from enrich.cli.options import (
    find_missing_option,
    from_option,
    library_arguments,
    lint_options,
    policy_option,
    quiet_option,
    settings_from,
    settings_options,
    severities_of,
)
from enrich.cli.progress import Progress
from enrich.cli.writing import earlier_runs, policy_of, records_of
from enrich.lint import RULES, Finding, Linter
from enrich.lint.page import page
from enrich.model.enrichment import Enrichment
from enrich.report.findings import Sarif, annotation, as_dict, line
from enrich.report.jsonl import dump, row, summary_line
from enrich.report.summary import Summary, counted


def _list_rules(context: click.Context, _parameter: click.Parameter, asked: bool) -> None:  # noqa: FBT001 -- click's signature
    if asked:
        for rule in RULES.values():
            default = "" if rule.is_default else " (off)"
            click.echo(f"{rule.code}  {rule.severity:7}  {rule.name}{default}: {rule.sentence}")
        context.exit()


def _explain(context: click.Context, _parameter: click.Parameter, code: str | None) -> None:
    if code is not None:
        rule = RULES.get(code.upper())
        if rule is None:
            raise click.BadParameter(f"there is no rule {code!r}; --rules lists them")
        click.echo(page(rule), nl=False)
        context.exit()


class _Check(click.Command):
    """The command that takes no `-o`, unlike its neighbours."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the arguments; who asks for a file is told how to have one."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            if error.option_name != "-o":
                raise
            said = "there is no -o, since check writes no library; add `> FILE` to keep the findings, and"
            styles = "|".join(_OUTPUTS)
            raise click.UsageError(f"{said} --output {styles} to choose their form", ctx) from None


@click.command(
    "check",
    cls=_Check,
    epilog="\b\nExample:\n  enrich check library.enw && cp library.enw export/\n"
    "  enrich check library.enw --select DOI,RET --output github\n  enrich check --explain DOI003",
)
@library_arguments
@click.option(
    "--output",
    "style",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="text: a line for each finding; json: the report's lines with findings; sarif: SARIF 2.1.0; "
    "github: annotations for GitHub Actions.",
)
@lint_options
@click.option(
    "--rules",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list_rules,
    help="List all rules and stop.",
)
@click.option(
    "--explain",
    metavar="CODE",
    is_eager=True,
    expose_value=False,
    callback=_explain,
    help="Explain a rule, with a bad and a good example, and stop.",
)
@policy_option
@find_missing_option
@from_option
@quiet_option
@settings_options
def command(
    libraries: tuple[str, ...],
    style: str,
    policy: str | None,
    source_format: str | None,
    *,
    find_missing: bool | None,
    quiet: bool,
    **options: Any,
) -> int:
    """Look every record up and say what is wrong with it; nothing is written.

    A finding that is an error ends the check with 1; warnings and what is to know do not.
    """
    settings = settings_from(options, policy=policy, find_missing=find_missing)
    severities = severities_of(settings)
    linter, summary, levels = Linter(severities), Summary(), _Levels()
    output = _OUTPUTS[style](severities)
    with Progress(shown=not quiet) as progress, earlier_runs(libraries, settings) as past:
        records = past.marked(records_of(libraries, source_format))
        run = sync.clean(
            records,
            policy=policy_of(libraries, settings),
            settings=settings,
            keeps_format=True,
            observe=progress.observe,
        )
        with closing(run) as results:
            for result in results:
                summary.add(result)
                progress.count(found=result.verdict is not None, changed=bool(result.changes))
                findings = linter.findings(result)
                levels.add(findings)
                output.add(result, findings)
        summary.requests = dict(progress.requests)
    code = 3 if summary.statuses["unavailable"] else 1 if levels.counts["error"] else 0
    output.close(summary, levels, code)
    if not quiet:
        click.echo(summary.headline(), err=True)
        click.echo(levels.headline(), err=True)
    return code


class _Levels:
    """Findings so far, by severity and by code."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.codes: Counter[str] = Counter()

    def add(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.counts[finding.severity] += 1
            self.codes[finding.code] += 1

    def headline(self) -> str:
        """Return how many there are of each severity: `3 errors, 1 warning, 12 to know.`."""
        if not self.codes:
            return "No findings."
        told = [counted(self.counts[level], level) for level in ("error", "warning") if self.counts[level]]
        told += [f"{self.counts['info']:,} to know"] if self.counts["info"] else []
        return f"{', '.join(told)}."


class _Output(Protocol):
    def __init__(self, severities: dict[str, Any]) -> None: ...
    def add(self, result: Enrichment, findings: Iterable[Finding]) -> None: ...
    def close(self, summary: Summary, levels: _Levels, code: int) -> None: ...


class _Text:
    """A line for each finding."""

    say = staticmethod(line)

    def __init__(self, _severities: dict[str, Any]) -> None:
        pass

    def add(self, _result: Enrichment, findings: Iterable[Finding]) -> None:
        for finding in findings:
            click.echo(self.say(finding))

    def close(self, _summary: Summary, _levels: _Levels, _code: int) -> None:
        pass


class _Annotations(_Text):
    """A command to GitHub's runner for each finding."""

    say = staticmethod(annotation)


class _Json:
    """The report's lines, each with its findings, and the summary with their number by code."""

    def __init__(self, _severities: dict[str, Any]) -> None:
        self._write = sys.stdout.buffer.write

    def add(self, result: Enrichment, findings: Iterable[Finding]) -> None:
        self._write(dump(row(result) | {"findings": [as_dict(finding) for finding in findings]}))

    def close(self, summary: Summary, levels: _Levels, code: int) -> None:
        last = summary_line(summary)["summary"] | {"findings": dict(levels.codes.most_common()), "exit_code": code}
        self._write(dump({"summary": last}))


class _Sarif:
    """A SARIF log, which is one JSON object."""

    def __init__(self, severities: dict[str, Any]) -> None:
        self._log = Sarif(severities)
        self._begun = False

    def _write(self, data: bytes) -> None:
        if not self._begun:  # an input that cannot be read leaves the output empty
            sys.stdout.buffer.write(self._log.head())
            self._begun = True
        sys.stdout.buffer.write(data)

    def add(self, _result: Enrichment, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self._write(self._log.result(finding))

    def close(self, _summary: Summary, _levels: _Levels, code: int) -> None:
        self._write(self._log.tail(code))


_OUTPUTS: Final[dict[str, type[_Output]]] = {
    "text": _Text,
    "json": _Json,
    "sarif": _Sarif,
    "github": _Annotations,
}
