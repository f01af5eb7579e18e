"""What an application does with S3, by the SDK of AWS; an assertion that fails ends it."""

import datetime
import os
import sys

import boto3
import botocore.auth
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, bucket, region, access_key, secret_key = sys.argv[1:]


def client(secret=secret_key):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        told = error.response["Error"]["Code"]
        assert told == code, f"{told}, not {code}"
    else:
        raise AssertionError(f"{code} was to come")


s3 = client()
assert [it["Name"] for it in s3.list_buckets()["Buckets"]] == [bucket]
s3.head_bucket(Bucket=bucket)

# An object with a key that is no word, with what is said of it.
key = "a b/c+ä"
body = os.urandom(100_000)
put = s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"made": "here"})
got = s3.get_object(Bucket=bucket, Key=key)
assert got["Body"].read() == body and got["ETag"] == put["ETag"]
assert got["Metadata"] == {"made": "here"}
part = s3.get_object(Bucket=bucket, Key=key, Range="bytes=10-19")
assert part["Body"].read() == body[10:20] and part["ContentRange"] == "bytes 10-19/100000"
assert s3.head_object(Bucket=bucket, Key=key)["ContentLength"] == 100_000

# Large ones go in parts, several at once, and come back so.
config = TransferConfig(multipart_threshold=6 << 20, multipart_chunksize=5 << 20)
large = os.urandom(12 << 20)
with open("large", "wb") as file:
    file.write(large)
s3.upload_file("large", bucket, "large", Config=config)
s3.download_file(bucket, "large", "back", Config=config)
with open("back", "rb") as file:
    assert file.read() == large

# Listings by pages, and all that they name in one request.
for number in range(5):
    s3.put_object(Bucket=bucket, Key=f"many/{number}", Body=b"")
pages = s3.get_paginator("list_objects_v2").paginate(
    Bucket=bucket, Prefix="many/", PaginationConfig={"PageSize": 2}
)
many = [it["Key"] for page in pages for it in page["Contents"]]
assert many == [f"many/{number}" for number in range(5)], many
folders = s3.list_objects_v2(Bucket=bucket, Delimiter="/")["CommonPrefixes"]
assert [it["Prefix"] for it in folders] == ["a b/", "many/"], folders
s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": it} for it in many]})
assert "Contents" not in s3.list_objects_v2(Bucket=bucket, Prefix="many/")

# What an application must know apart.
refused("NoSuchKey", s3.get_object, Bucket=bucket, Key="missing")
refused("404", s3.head_object, Bucket=bucket, Key="missing")
refused("NoSuchBucket", s3.get_object, Bucket="another", Key=key)
refused("PreconditionFailed", s3.put_object, Bucket=bucket, Key=key, Body=b"", IfNoneMatch="*")
refused("SignatureDoesNotMatch", client("x" * 32).get_object, Bucket=bucket, Key=key)

now = botocore.auth.get_current_datetime
botocore.auth.get_current_datetime = lambda *rest: now(*rest) + datetime.timedelta(hours=1)
refused("RequestTimeTooSkewed", client().get_object, Bucket=bucket, Key=key)
