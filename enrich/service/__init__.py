"""The same verbs over HTTP: one polite gateway to the registries for a group or a cluster.

One file for each group of endpoints; `app` puts them together, `desk` is what a worker process shares among its requests.
What a request may do is decided in `guard` and `turnstile`, what an error looks like in `problems`. docs/service.md
"""

from enrich.service.app import create_app

__all__ = ["create_app"]
