"""An S3 server on loopback that checks signatures, as object stores do: moto's."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto.server import ThreadedMotoServer

REGION = "us-east-1"
BUCKET = "measurements"
EVERYTHING = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}


@contextmanager
def object_store(text: str) -> Iterator[dict[str, str]]:
    """Serve a bucket that has the text in `data.txt`; yield the keys of a data connection to it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    endpoint = "http://{}:{}".format(*server.get_host_and_port())
    anyone = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "region_name": REGION}
    iam, s3 = (boto3.client(name, endpoint_url=endpoint, **anyone) for name in ("iam", "s3"))
    iam.create_user(UserName="lab")
    policy = json.dumps({"Version": "2012-10-17", "Statement": [EVERYTHING]})
    iam.put_user_policy(UserName="lab", PolicyName="all", PolicyDocument=policy)
    key = iam.create_access_key(UserName="lab")["AccessKey"]
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="data.txt", Body=text.encode())
    check_signatures = urllib.request.Request(
        f"{endpoint}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}
    )
    with urllib.request.urlopen(check_signatures):
        pass
    yield {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
        "AWS_DEFAULT_REGION": REGION,
        "AWS_S3_ENDPOINT": endpoint,
        "AWS_S3_BUCKET": BUCKET,
    }
    server.stop()
