"""Names of people and bodies, with the members CSL-JSON has.

https://docs.citationstyles.org/en/stable/specification.html#names
"""

from __future__ import annotations

from enrich.model.base import Value


class Name(Value):
    """One contributor: a person by `family` and `given`, a body (or an unparted name) by `literal`.

    `orcid` is compact (`0000-0002-1825-0097`), `affiliation` holds plain names of institutions.
    """

    family: str | None = None
    given: str | None = None
    suffix: str | None = None
    dropping_particle: str | None = None
    non_dropping_particle: str | None = None
    literal: str | None = None
    orcid: str | None = None
    affiliation: tuple[str, ...] = ()

    def inverted(self) -> str:
        """Return `Family, Given, Suffix` as a bibliography file writes it; a body stands as it is."""
        if self.literal is not None:
            return self.literal
        family = " ".join(part for part in (self.non_dropping_particle, self.family) if part)
        given = " ".join(part for part in (self.given, self.dropping_particle) if part)
        return ", ".join(part for part in (family, given, self.suffix) if part)

    def displayed(self) -> str:
        """Return `Given Family Suffix` as a page shows it."""
        if self.literal is not None:
            return self.literal
        parts = (self.given, self.dropping_particle, self.non_dropping_particle, self.family, self.suffix)
        return " ".join(part for part in parts if part)
