"""A local copy of the registries' answers, built from their public data files and asked first."""

from enrich.snapshot.items import Problem
from enrich.snapshot.load import LoadResult
from enrich.snapshot.store import Snapshot

__all__ = ["LoadResult", "Problem", "Snapshot"]
