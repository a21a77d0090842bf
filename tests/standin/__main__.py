"""Serves the stand-in until interrupted: `PYTHONPATH=tests python -m standin --latency 0.15 --works works.json`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

import orjson

from standin import StandIn
from standin.server import run


def main() -> None:
    """Parse the arguments and serve; the settings to point a run at it are printed as environment variables."""
    parser = argparse.ArgumentParser(
        prog="standin", description="Crossref, DataCite, JaLC, mEDRA and doi.org on the loopback interface"
    )
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds added to every answer")
    pool = parser.add_mutually_exclusive_group()
    pool.add_argument(
        "--polite", dest="polite", action="store_true", default=None, help="everyone is in the polite pool"
    )
    pool.add_argument("--public", dest="polite", action="store_false", help="everyone is in the public pool")
    parser.add_argument("--works", type=Path, help="JSON object: service -> DOI -> what it answers")
    arguments = parser.parse_args()

    async def serve() -> None:
        async with StandIn(port=arguments.port, latency=arguments.latency, polite=arguments.polite) as server:
            if arguments.works:
                for service, content in orjson.loads(arguments.works.read_bytes()).items():
                    getattr(server, service).update(content)
            for name, value in server.settings.items():
                sys.stdout.write(f"export ENRICH_{name.upper()}={value}\n")
            sys.stdout.flush()
            await asyncio.Event().wait()

    run(serve)


if __name__ == "__main__":
    main()
