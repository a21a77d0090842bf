"""PAG, ISN, NAM, DAT: single fields; MIS, DIF: fields beside the registry's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from enrich.lint.rule import Example, Found, Memory, Rule, record
from enrich.model.enrichment import Enrichment

_BOTH: Final = [{"family": "Watson", "given": "J. D."}, {"family": "Crick", "given": "F. H. C."}]
_IN_FULL: Final = [{"family": "Watson", "given": "James Dewey"}]


def _differs(result: Enrichment, _memory: Memory) -> Iterator[Found]:
    for conflict in result.conflicts:
        yield Found(
            f"{conflict.field} differs from {conflict.origin}'s", conflict.field, conflict.local, conflict.remote
        )


RULES: Final = (
    Rule(
        "PAG001",
        "page-range",
        "info",
        "A page range is shortened or has another sign than a hyphen.",
        "Styles shorten ranges as they want them; they need both pages in full.",
        Example(record({"P": "737–8"}), record()),
        repairs=("repair-page-range",),
    ),
    Rule(
        "ISN001",
        "wrong-number",
        "warning",
        "An ISSN or ISBN has a wrong digit or no hyphen.",
        "A digit is missing or two are exchanged. Compare it with the imprint.",
        Example(record({"@": "0028-0837"}), record({"@": "0028-0836"})),
        notes=("invalid-identifier",),
        repairs=("repair-serial",),
    ),
    Rule(
        "ISN002",
        "incomplete-issn",
        "info",
        "The registry knows more ISSNs of the journal than the record has.",
        "A journal has one ISSN for each medium; catalogues find it by either.",
        Example(
            record({"@": "0028-0836"}),
            record({"@": "0028-0836"}, "%@ 1476-4687"),
            registry={"ISSN": ["0028-0836", "1476-4687"]},
        ),
        repairs=("add-issn",),
    ),
    Rule(
        "NAM001",
        "initials",
        "info",
        "Given names are missing or initials, and the registry has them in full.",
        "Full names tell people apart. They are taken only where every name on both lists agrees.",
        Example(
            record(), record({"A": "Watson, James Dewey"}), registry={"author": _IN_FULL}, policy="trust-agency"
        ),
        repairs=("expand-names",),
    ),
    Rule(
        "NAM002",
        "ambiguous-name",
        "info",
        "A line may hold one name or several.",
        "Write one name to a line, the family name first and a comma behind it.",
        Example(record({"A": "Watson; Crick"}), record()),
        notes=("ambiguous-name",),
        is_default=False,
    ),
    Rule(
        "NAM003",
        "et-al",
        "warning",
        "A list of people ends in “et al.”, or breaks off.",
        "A style shortens the list as it wants; it needs all names.",
        Example(record({}, "%A et al."), record({}, "%A Crick, F. H. C."), registry={"author": _BOTH}),
        repairs=("complete-names",),
    ),
    Rule(
        "NAM004",
        "reversed-name",
        "warning",
        "Family and given names stand in each other's place.",
        "The work would be filed under a given name.",
        Example(record({"A": "J. D., Watson"}), record()),
        repairs=("repair-names-reversed",),
    ),
    Rule(
        "NAM005",
        "shouting-name",
        "warning",
        "Names are all in capitals.",
        "Capitals hide how a name is written: de Boer, McNeil, MacLeod.",
        Example(
            record({"A": "WATSON, JAMES DEWEY"}),
            record({"A": "Watson, James Dewey"}),
            registry={"author": _IN_FULL},
        ),
        repairs=("repair-names-shouting",),
    ),
    Rule(
        "JRN001",
        "abbreviated-journal",
        "info",
        "A journal is named by its abbreviation.",
        "Styles abbreviate; they cannot write out. The abbreviation is kept beside the full name.",
        Example(
            record({"J": "J. Clin. Oncol."}),
            record({"J": "Journal of Clinical Oncology"}),
            registry={"container-title": "Journal of Clinical Oncology"},
            policy="trust-agency",
        ),
        repairs=("journal-in-full",),
    ),
    Rule(
        "DAT001",
        "bad-date",
        "warning",
        "A date cannot be read.",
        "Write the year in four digits; month and day may follow.",
        Example(record({"D": "spring or so"}), record()),
        notes=("bad-date",),
    ),
    Rule(
        "DAT002",
        "short-year",
        "warning",
        "A year has two digits.",
        "It cannot be put in order, and means two centuries.",
        Example(record({"D": "53"}), record()),
        repairs=("repair-year-short",),
    ),
    Rule(
        "MIS001",
        "missing-fields",
        "info",
        "The registry knows fields that the record lacks.",
        "`enrich clean` fills them.",
        Example(record({"V": None}), record()),
        repairs=("fill",),
    ),
    Rule(
        "DIF001",
        "differs-trusted",
        "info",
        "A field differs from that of an agency which the policy trusts more.",
        "Only under a policy that lets an agency win. `enrich clean` with the same policy would replace the field.",
        Example(record({"V": "172"}), record(), policy="trust-agency"),
        repairs=("trust",),
    ),
    Rule(
        "DIF002",
        "differs",
        "info",
        "A field differs from the registry's, and yours is kept.",
        "Registries err, too. Look at both.",
        Example(record({"V": "172"}), record()),
        check=_differs,
        is_default=False,
    ),
)
