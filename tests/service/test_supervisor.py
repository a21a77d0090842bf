"""The supervisor by itself: what it does where the machine does not give it what it asks for."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from pathlib import Path

import pytest

from enrich.errors import SettingsError
from enrich.settings import Settings

if sys.platform != "linux":
    pytest.skip("the supervisor needs what only Linux has", allow_module_level=True)
from enrich.service import supervisor
from enrich.service.supervisor import Supervisor


def test_too_few_open_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where several workers cannot be served for want of descriptors, it is said what to do, before anybody is."""
    monkeypatch.setattr(supervisor, "_descriptors", lambda: 64)
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(SettingsError, match="ulimit"):
        Supervisor(Settings(), tmp_path, listener, 2)


def test_a_worker_that_cannot_be_started_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Want of processes or descriptors is told, and passes: the place of a worker does not stay empty for ever."""
    monkeypatch.setattr(supervisor, "_PAUSE", 0.0)

    async def scene(listener: socket.socket) -> int:
        watched = Supervisor(Settings(), tmp_path, listener, 1)
        watched._loop = asyncio.get_running_loop()
        begun = watched._loop.create_future()
        tries = iter(
            [OSError(errno.EAGAIN, "no room for another process"), OSError(errno.EMFILE, "no room"), None]
        )
        tried = 0

        def hire() -> None:
            nonlocal tried
            tried += 1
            if error := next(tries):
                raise error
            begun.set_result(None)

        monkeypatch.setattr(watched, "_hire", hire)
        watched._replace()
        await asyncio.wait_for(begun, 30)
        return tried

    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert asyncio.run(scene(listener)) == 3
    assert [record.getMessage().partition(": ")[0] for record in caplog.records] == [
        "no worker can be started now"
    ] * 2
