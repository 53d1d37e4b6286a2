"""SDK v3, as a user writes it: who am I, and where do my files go?"""

import boto3
from sagemaker.core.helper.session_helper import Session, get_execution_role

session = Session()
bucket = session.default_bucket()
print(boto3.client("sts").get_caller_identity()["Account"])
print(session.account_id())
print(bucket)
print(get_execution_role(session))
print(session.upload_data(__file__, bucket=bucket, key_prefix="data"))
