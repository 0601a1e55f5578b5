"""An S3 server on loopback, for benchmarks and tests of stores in S3."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

import boto3

from vpd.errors import StoreError

BUCKET = "vpd"
_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "loopback",
    "AWS_SECRET_ACCESS_KEY": "loopback",
    "AWS_DEFAULT_REGION": "us-east-1",
}
_LONGEST_START = 120  # seconds


@contextmanager
def s3_server(folder: Path) -> Iterator[str]:
    """Run a server with the bucket `vpd` and yield its address; the environment has its credentials.

    Raises StoreError if it does not start.
    """
    port = _free_port()
    address = f"http://127.0.0.1:{port}"
    with patch.dict(os.environ, _CREDENTIALS), (folder / "s3.log").open("wb") as log:
        variables = {**os.environ, "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}
        binary = Path(sys.executable).with_name("ministack")
        with subprocess.Popen([binary], env=variables, cwd=folder, stdout=log, stderr=log) as server:
            try:
                _wait(address, server)
                boto3.client("s3", endpoint_url=address).create_bucket(Bucket=BUCKET)
                yield address
            finally:
                server.terminate()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _wait(address: str, server: "subprocess.Popen[bytes]") -> None:
    last = time.monotonic() + _LONGEST_START
    while time.monotonic() < last and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except OSError:
            time.sleep(0.2)
    raise StoreError(f"the S3 server did not start at {address}: run `ministack` to see why")
