"""Makes what a caller of another account has, and seals that caller's credentials as Athena does.

usage: delegate.py <moto's URL> <KMS key's ARN>

Prints two tokens, one a line: signed and unsigned. Both are made by the AWS Encryption SDK.
"""

import base64
import json
import os
import sys

import aws_encryption_sdk
import boto3
from aws_encryption_sdk import CommitmentPolicy, StrictAwsKmsMasterKeyProvider
from aws_encryption_sdk.identifiers import AlgorithmSuite

url, key = sys.argv[1:]
own = boto3.Session("local", "local-secret", region_name="us-east-1")
role = own.client("sts", endpoint_url=url).assume_role(
    RoleArn="arn:aws:iam::111122223333:role/caller", RoleSessionName="caller"
)["Credentials"]

caller = boto3.Session(
    role["AccessKeyId"], role["SecretAccessKey"], role["SessionToken"], region_name="us-east-1"
)
glue = caller.client("glue", endpoint_url=url)
glue.create_database(DatabaseInput={"Name": "d"})
glue.create_table(
    DatabaseName="d",
    TableInput={
        "Name": "shown",
        "Parameters": {"timestream-metadata-flag": "true", "sourceTable": "Stored"},
        "StorageDescriptor": {"Columns": [{"Name": "n", "Type": "bigint", "Comment": "the caller's"}]},
    },
)

plaintext = json.dumps(
    {
        "accessToken": role["AccessKeyId"],
        "secretToken": role["SecretAccessKey"],
        "securityToken": role["SessionToken"],
    }
)
client = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT
)
# Its clients take no URL, but the variable.
os.environ["AWS_ENDPOINT_URL_KMS"] = url
provider = StrictAwsKmsMasterKeyProvider(key_ids=[key], botocore_session=own._session)
for suite in (
    AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY_ECDSA_P384,
    AlgorithmSuite.AES_256_GCM_HKDF_SHA512_COMMIT_KEY,
):
    sealed, _ = client.encrypt(
        source=plaintext,
        key_provider=provider,
        algorithm=suite,
        frame_length=128,
        encryption_context={"purpose": "test"},
    )
    print(base64.b64encode(sealed).decode())
