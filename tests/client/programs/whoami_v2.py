"""SDK v2, as a user writes it: who am I, and where do my files go?"""

import boto3
import sagemaker

session = sagemaker.Session()
bucket = session.default_bucket()
print(boto3.client("sts").get_caller_identity()["Account"])
print(session.account_id())
print(bucket)
print(sagemaker.get_execution_role(session))
print(session.upload_data(__file__, bucket=bucket, key_prefix="data"))
