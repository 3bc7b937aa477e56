"""Objects of S3. Endpoint, region and keys are those of the environment: AWS_ENDPOINT_URL, AWS_REGION,
AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY."""

import functools
from dataclasses import dataclass

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import errors


@dataclass
class Found:
    url: str
    key: str
    size: int
    md5: str
    modified: str


@functools.cache
def client():
    return boto3.client("s3", config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}))


def split(url):
    if not url.startswith("s3://"):
        raise errors.unsupported("stages other than in S3")
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def listed(url):
    """The objects whose keys begin with the URL's, by their keys."""
    bucket, prefix = split(url)
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    try:
        objects = [found for page in pages for found in page.get("Contents", [])]
    except ClientError as error:
        raise failed(url, error) from error
    return [
        Found(
            f"s3://{bucket}/{o['Key']}",
            o["Key"],
            o["Size"],
            o.get("ETag", "").strip('"'),
            o["LastModified"].strftime("%a, %d %b %Y %H:%M:%S GMT"),
        )
        for o in sorted(objects, key=lambda o: o["Key"])
        if not o["Key"].endswith("/")
    ]


def read(url):
    """An object's bytes; nothing when it is not there."""
    bucket, key = split(url)
    try:
        return client().get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise failed(url, error) from error


def failed(url, error):
    return errors.Refused(
        "091003", "22000", f"Failure using stage area. Cause: {error.response['Error']['Code']} ({url})"
    )
