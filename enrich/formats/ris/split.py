"""Where the records of a RIS file begin and end.

`TY` begins one and `ER` ends it. `ER` is missing in some, also behind the last one; `TY` stands late in others; old PLOS
exports put the DOI behind `ER`. An `ER` in a text ("ER - positive tumours") has something behind it.
"""

from __future__ import annotations

import re
from typing import Final

from enrich.formats.tagged import Syntax

_DASH: Final = rb"(?:-|\xe2\x80[\x93\x94])"
# One blank is no indent: a line of a text that looks like a tag is written with one before it.
_LINE: Final = rb"\n(?:\xef\xbb\xbf)?(?:\t|[ \t]{2,8})?"

SYNTAX: Final = Syntax(
    name="ris",
    label="RIS",
    begin=re.compile(_LINE + rb"(TY)(?:  -|[ \t]{0,4}" + _DASH + rb"(?=[ \t\r\n]|\Z))"),
    # Within a flattened line a type and a further tag must follow.
    within=re.compile(rb"(TY)(?<=[ \t]TY) {1,2}- {1,2}[A-Z]{3,7} {1,4}[A-Z][A-Z0-9] {1,2}- "),
    end=re.compile(_LINE + rb"ER[ \t]{0,4}" + _DASH + rb"[ \t]{0,80},?[ \t\r]{0,80}(?=\n|\Z)"),
    tag=re.compile(_LINE + rb"([A-Z][A-Z0-9])(?:  -|[ \t]{0,4}" + _DASH + rb"(?=[ \t\r\n]|\Z))"),
    core=frozenset({b"TI", b"T1", b"AU", b"A1", b"BT", b"CT"}),
)
