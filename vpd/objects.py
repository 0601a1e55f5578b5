"""Where objects are kept: one protocol, a folder and an S3 prefix behind it.

`put` is atomic and durable: afterwards the object is there whole, also after a power cut (folder: write
aside, fsync, rename, fsync the directory). Credentials come from the environment as boto3 reads them.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from vpd.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


class Objects(Protocol):
    """Named byte strings. Names are relative and use `/`."""

    uri: str

    def put(self, name: str, data: bytes) -> None:
        """Keep an object, replacing an older one. Raises StoreError."""
        ...

    def get(self, name: str) -> bytes | None:
        """Return an object, or None if there is none. Raises StoreError."""
        ...

    def exists(self, name: str) -> bool:
        """Tell whether there is an object of this name."""
        ...

    def delete(self, name: str) -> None:
        """Remove an object; one that is not there is no error. Raises StoreError."""
        ...

    def list(self, prefix: str) -> list[str]:
        """Return the names that start with a prefix, in no order."""
        ...


class FolderObjects:
    """Objects as files under a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self.uri = str(self.root)
        try:
            self.root.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"cannot use {self.uri} as a store: {error}; set VPD_STORE elsewhere") from error

    def put(self, name: str, data: bytes) -> None:
        """Keep an object; durable on return."""
        path = self.root / name
        aside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
        try:
            _make_folder(path.parent)
            try:
                with aside.open("wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                aside.replace(path)
            finally:
                aside.unlink(missing_ok=True)
            _sync_folder(path.parent)
        except OSError as error:
            raise StoreError(
                f"cannot write {path}: {error}; nothing was lost, free space or fix permissions and run again"
            ) from error

    def get(self, name: str) -> bytes | None:
        """Return an object, or None."""
        try:
            return (self.root / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreError(f"cannot read {self.root / name}: {error}") from error

    def exists(self, name: str) -> bool:
        """Tell whether there is an object of this name."""
        try:
            return (self.root / name).is_file()
        except OSError as error:
            raise StoreError(f"cannot look up {self.root / name}: {error}") from error

    def delete(self, name: str) -> None:
        """Remove an object."""
        try:
            (self.root / name).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot delete {self.root / name}: {error}") from error

    def list(self, prefix: str) -> list[str]:
        """Return the names that start with a prefix; half-written files are not listed."""
        folder = self.root / prefix if prefix.endswith("/") else (self.root / prefix).parent
        names = (p.relative_to(self.root).as_posix() for p in folder.rglob("*") if p.is_file())
        return [n for n in names if n.startswith(prefix) and not n.rsplit("/", 1)[-1].startswith(".")]


class S3Objects:
    """Objects under an S3 prefix."""

    def __init__(self, client: "S3Client", bucket: str, prefix: str) -> None:
        self.client, self.bucket = client, bucket
        self.prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self.uri = f"s3://{bucket}/{self.prefix}".rstrip("/")

    def put(self, name: str, data: bytes) -> None:
        """Keep an object; S3 makes it visible whole."""
        with _s3_errors(f"write {self.uri}/{name}"):
            self.client.put_object(Bucket=self.bucket, Key=self.prefix + name, Body=data)

    def get(self, name: str) -> bytes | None:
        """Return an object, or None."""
        with _s3_errors(f"read {self.uri}/{name}"):
            try:
                return self.client.get_object(Bucket=self.bucket, Key=self.prefix + name)["Body"].read()
            except self.client.exceptions.NoSuchKey:
                return None

    def exists(self, name: str) -> bool:
        """Tell whether there is an object of this name."""
        from botocore.exceptions import ClientError

        with _s3_errors(f"look up {self.uri}/{name}"):
            try:
                self.client.head_object(Bucket=self.bucket, Key=self.prefix + name)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in {"404", "NoSuchKey", "NotFound"}:
                    return False
                raise
            return True

    def delete(self, name: str) -> None:
        """Remove an object."""
        with _s3_errors(f"delete {self.uri}/{name}"):
            self.client.delete_object(Bucket=self.bucket, Key=self.prefix + name)

    def list(self, prefix: str) -> list[str]:
        """Return the names that start with a prefix."""
        with _s3_errors(f"list {self.uri}/{prefix}"):
            pages = self.client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix + prefix
            )
            return [o["Key"].removeprefix(self.prefix) for page in pages for o in page.get("Contents", [])]


@contextmanager
def _s3_errors(action: str) -> Iterator[None]:
    """Turn boto errors inside the block into StoreError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise StoreError(
            f"cannot {action}: {error}; check the bucket, VPD_S3_ENDPOINT and the AWS_* variables"
        ) from error


def _make_folder(folder: Path) -> None:
    """Make a folder and its parents durably: a new entry survives a power cut once its parent is synced."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_objects(uri: str, endpoint_url: str | None = None) -> Objects:
    """Open a folder path or `s3://bucket/prefix`."""
    if not uri.startswith("s3://"):
        if "://" in uri:
            raise ConfigError(f"store {uri!r} is neither a folder nor s3://bucket/prefix")
        return FolderObjects(Path(uri))
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    if not bucket:
        raise ConfigError(f"store {uri!r} names no bucket: write s3://bucket/prefix")
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=10, read_timeout=60, retries={"max_attempts": 5, "mode": "standard"})
    try:
        client = boto3.client("s3", endpoint_url=endpoint_url, config=config)
    except ValueError as error:
        raise ConfigError(f"VPD_S3_ENDPOINT {endpoint_url!r}: {error}; write http://host:port") from error
    return S3Objects(client, bucket, prefix)
