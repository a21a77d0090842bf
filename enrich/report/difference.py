"""Two texts as one, the words that went and the words that came marked with `<del>` and `<ins>`.

Words and signs are compared by their longest common subsequence, bit-parallel (rapidfuzz), so that two hostile texts of the
greatest length compared cost milliseconds; what begins and ends alike is set aside first. Texts that share little are
shown one after the other: a patchwork of single common words explains nothing.

>>> marked("Active roles", "Active Roles of stroma", str)
'Active <del>roles</del> <ins>Roles of stroma</ins>'
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import Final

from rapidfuzz.distance import Indel

Escape = Callable[[str], str]

_TOKEN: Final = re.compile(r"\s*(?:\w+|[^\w\s])")  # linear on stripped text: blanks are always followed by a token
_COMPARED: Final = 2000  # tokens on each side
_ALIKE: Final = 0.4  # below this share of common tokens the texts are shown whole
_KEPT: Final = 24  # tokens of an unchanged stretch that are shown at each of its ends
_SHOWN: Final = 700  # characters of a stretch that are shown at once
_FOLDED: Final = 20_000  # characters that unfold; the lines for programs have everything


def folded(text: str, escape: Escape, tag: str = "span") -> str:
    """Return a text as `tag`, what is beyond its beginning to be unfolded, what is beyond all measure only counted."""
    if len(text) <= _SHOWN + 100:
        return f"<{tag}>{escape(text)}</{tag}>"
    cut = text.rfind(" ", _SHOWN - 60, _SHOWN) + 1 or _SHOWN
    rest = text[cut : cut + _FOLDED]
    beyond = len(text) - cut - len(rest)
    more = f' <span class="cut">… and {beyond:,} more, in the .jsonl report</span>' if beyond else ""
    return (
        f"<{tag}>{escape(text[:cut])}</{tag}><details><summary>… {len(text) - cut:,} more characters</summary>"
        f"<{tag}>{escape(rest)}</{tag}>{more}</details>"
    )


def marked(before: str, after: str, escape: Escape) -> str:
    """Return `after` with what differs from `before` marked; `escape` makes a stretch of text fit for the page."""
    old, new = _TOKEN.findall(before.strip()), _TOKEN.findall(after.strip())
    if [token.lstrip() for token in old] == [token.lstrip() for token in new]:  # only blanks differ
        return f"{folded(before, escape, 'del')} {folded(after, escape, 'ins')}"
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    pieces = [_kept(new[:head], escape), *_middle(left, right, escape), _kept(new[len(new) - tail :], escape)]
    return "".join(pieces).strip()


def _common(left: Sequence[str], right: Sequence[str]) -> int:
    """Return how many tokens both begin with."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(left, right, strict=False)))


def _middle(left: list[str], right: list[str], escape: Escape) -> Iterator[str]:
    if (
        not (left and right)
        or max(len(left), len(right)) > _COMPARED
        or Indel.normalized_similarity(left, right) < _ALIKE
    ):
        yield _replaced(left, right, escape)
        return
    old_from = new_from = 0
    for block in Indel.opcodes(left, right).as_matching_blocks():  # the last one is empty and stands at both ends
        yield _replaced(left[old_from : block.a], right[new_from : block.b], escape)
        yield _kept(right[block.b : block.b + block.size], escape)
        old_from, new_from = block.a + block.size, block.b + block.size


def _kept(tokens: list[str], escape: Escape) -> str:
    """Return an unchanged stretch, its middle left out where it is long."""
    if len(tokens) <= 3 * _KEPT:
        return escape("".join(tokens))
    return f'{escape("".join(tokens[:_KEPT]))} <i class="skip">…</i>{escape("".join(tokens[-_KEPT:]))}'


def _replaced(left: list[str], right: list[str], escape: Escape) -> str:
    """Return what went and what came; the blank before them stands outside the marks."""
    stretches = [("".join(tokens), tag) for tokens, tag in ((left, "del"), (right, "ins")) if tokens]
    blank = " " if any(stretch[0].isspace() for stretch, _ in stretches) else ""
    return blank + " ".join(folded(stretch.lstrip(), escape, tag) for stretch, tag in stretches)
