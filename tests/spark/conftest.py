"""A real Spark in this process, where there are pyspark and Java; else these tests are skipped, with a reason."""

from __future__ import annotations

import os
import shutil
import socket
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from standin import StandIn
from standin.fixtures import settings_for


@pytest.fixture(scope="session")
def spark() -> Iterator[Any]:
    """A session on two cores."""
    sql = pytest.importorskip("pyspark.sql", reason="pyspark is not installed (make test-spark installs it)")
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("Spark needs Java")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    wanted = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "3",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.ui.showConsoleProgress": "false",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own: sockets left open, modules in incubation
        session = sql.SparkSession.builder.master("local[2]").appName("tests").config(map=wanted).getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
        yield session
        session.stop()


@pytest.fixture
def gateway(standin_thread: StandIn, tmp_path: Path) -> Iterator[str]:
    """Serve `enrich serve` in a thread, with a cache of its own, and yield its address."""
    uvicorn = pytest.importorskip("uvicorn")
    service = pytest.importorskip("enrich.service")
    app = service.create_app(settings_for(standin_thread, tmp_path / "gateway"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", ws="none", access_log=False))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started and thread.is_alive():
            time.sleep(0.01)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()
