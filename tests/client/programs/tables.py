"""The data libraries on one bucket: pandas through s3fs, pyarrow in three ways, awswrangler."""

import sys

import boto3
import pandas
import pyarrow
import pyarrow.fs
import pyarrow.parquet

bucket = sys.argv[1]
boto3.client("s3").create_bucket(Bucket=bucket)
frame = pandas.DataFrame({"x": range(1000), "y": ["é"] * 1000})

frame.to_csv(f"s3://{bucket}/pandas/a.csv", index=False)
assert pandas.read_csv(f"s3://{bucket}/pandas/a.csv").equals(frame)

frame.to_parquet(f"s3://{bucket}/pandas/a.parquet")
assert len(pyarrow.parquet.read_table(f"s3://{bucket}/pandas/a.parquet")) == 1000

files = pyarrow.fs.S3FileSystem()
assert isinstance(files, pyarrow.fs.FileSystem)
pyarrow.parquet.write_table(pyarrow.table({"x": [1, 2]}), f"{bucket}/arrow/b.parquet", filesystem=files)
assert [info.base_name for info in files.get_file_info(pyarrow.fs.FileSelector(f"{bucket}/arrow"))] == [
    "b.parquet"
]

other, path = pyarrow.fs.FileSystem.from_uri(f"s3://{bucket}/arrow/b.parquet")
assert isinstance(other, pyarrow.fs.S3FileSystem)
assert pyarrow.parquet.read_table(path, filesystem=other).num_rows == 2

if "--wrangler" in sys.argv:
    import awswrangler

    awswrangler.s3.to_parquet(frame, f"s3://{bucket}/wrangler/", dataset=True)
    assert len(awswrangler.s3.read_parquet(f"s3://{bucket}/wrangler/", dataset=True)) == 1000
    assert len(awswrangler.s3.list_objects(f"s3://{bucket}/wrangler/")) == 1
print("well")
