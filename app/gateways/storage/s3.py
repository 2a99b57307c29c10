"""A storage that speaks S3."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from functools import cached_property
from typing import Any, BinaryIO

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from app.gateways.errors import GatewayUnavailable
from app.gateways.storage.port import NoSpace, NotStored, StorageKey, is_key
from config.documents import DocumentSettings

PIECE = 64 * 1024
CONNECT_SECONDS = 5
FULL = frozenset({"QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "507"})
MISSING = frozenset({"NoSuchKey", "404"})


class S3Storage:
    def __init__(self, settings: DocumentSettings) -> None:
        self._settings = settings
        self._bucket = settings.s3_bucket

    @cached_property
    def _client(self) -> Any:
        """Not before it is needed: web processes are forked, and connections are not."""
        own = self._settings
        return boto3.session.Session().client(
            "s3",
            endpoint_url=own.s3_endpoint or None,
            region_name=own.s3_region,
            aws_access_key_id=own.s3_access_key.get_secret_value(),
            aws_secret_access_key=own.s3_secret_key.get_secret_value(),
            config=Config(
                connect_timeout=min(CONNECT_SECONDS, own.s3_seconds),
                read_timeout=own.s3_seconds,
                retries={"mode": "standard", "total_max_attempts": 2},
                # A bucket's name within the host's wants a certificate for each bucket.
                s3={"addressing_style": "path" if own.s3_endpoint else "auto"},
                # Storages that only speak like S3 do not know the newer checksums.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def put(self, key: StorageKey, content: BinaryIO) -> None:
        with _translated():
            # One request: there is nothing half-done that could stay.
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._name(key),
                Body=content,
                ContentType="application/octet-stream",
            )

    def open(self, key: StorageKey) -> Iterator[bytes]:
        with _translated():
            answer = self._client.get_object(Bucket=self._bucket, Key=self._name(key))
            with closing(answer["Body"]) as body:
                yield from body.iter_chunks(PIECE)

    def delete(self, key: StorageKey) -> None:
        with _translated():
            self._client.delete_object(Bucket=self._bucket, Key=self._name(key))

    def list_older(self, before: datetime) -> Iterator[StorageKey]:
        prefix = self._settings.s3_prefix
        pages = self._client.get_paginator("list_objects_v2")
        with _translated():
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    key = found["Key"].removeprefix(prefix)
                    if is_key(key) and found["LastModified"] < before:
                        yield StorageKey(key)

    def _name(self, key: StorageKey) -> str:
        if not is_key(key):
            raise ValueError("not a key of the storage")
        return self._settings.s3_prefix + key


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in MISSING:
            raise NotStored("it is not in the bucket") from None
        kind = NoSpace if code in FULL else GatewayUnavailable
        raise kind(f"the documents' bucket cannot be used: {code[:60]}") from None
    except (BotoCoreError, HTTPError, OSError) as error:
        # By its kind alone: its words repeat addresses.
        raise GatewayUnavailable(
            f"the documents' storage cannot be used: {type(error).__name__}"
        ) from None
