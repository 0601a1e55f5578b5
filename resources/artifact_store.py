"""Where pictures, tables and documents are kept: a folder or `s3://bucket/prefix`."""

import dagster as dg
from pydantic import Field

from vpd.settings import load_settings
from vpd.store import ArtifactStore


class ArtifactStoreResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """The artifact store. Fields left empty come from the environment (VPD_STORE, VPD_S3_ENDPOINT)."""

    uri: str = Field(
        default="", description="Folder or s3://bucket/prefix; empty: VPD_STORE or VPD_HOME/store"
    )
    endpoint_url: str = Field(default="", description="Address of an S3 server that is not AWS")

    @property
    def endpoint(self) -> str | None:
        """The S3 server in force; None: AWS."""
        return self.endpoint_url or load_settings().s3_endpoint

    def open(self) -> ArtifactStore:
        """Open the store; raises StoreError if it cannot be used."""
        return ArtifactStore.open(self.uri or load_settings().store_uri, self.endpoint)
