"""A local copy of the registries' answers, built from their public data files and asked first."""

from enrich.snapshot.items import Problem
from enrich.snapshot.joined import Joined
from enrich.snapshot.load import LoadResult, Progress
from enrich.snapshot.selection import Selection
from enrich.snapshot.store import Kept, Snapshot

__all__ = ["Joined", "Kept", "LoadResult", "Problem", "Progress", "Selection", "Snapshot"]
