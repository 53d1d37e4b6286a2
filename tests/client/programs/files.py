"""s3fs and pyarrow as file systems: folders, large files in parts, ranges, moves, deletions."""

import io
import os
import sys

import boto3
import s3fs

bucket = sys.argv[1]
client = boto3.client("s3")
client.create_bucket(Bucket=bucket)
files = s3fs.S3FileSystem()
large = os.urandom(12 * 1024 * 1024 + 17)

with files.open(f"{bucket}/in parts/é.bin", "wb", block_size=5 * 1024 * 1024) as file:
    for start in range(0, len(large), 1_000_003):
        file.write(large[start : start + 1_000_003])
assert files.size(f"{bucket}/in parts/é.bin") == len(large)
with files.open(f"{bucket}/in parts/é.bin", "rb") as file:
    file.seek(7_000_000)
    assert file.read(100) == large[7_000_000:7_000_100]
assert files.cat(f"{bucket}/in parts/é.bin") == large

for name in ("a", "b/c", "b/d+e"):
    files.pipe(f"{bucket}/tree/{name}", name.encode())
assert sorted(files.find(f"{bucket}/tree")) == [f"{bucket}/tree/{name}" for name in ("a", "b/c", "b/d+e")]
assert sorted(files.ls(f"{bucket}/tree")) == [f"{bucket}/tree/a", f"{bucket}/tree/b"]
assert files.glob(f"{bucket}/tree/*/d*") == [f"{bucket}/tree/b/d+e"]
assert files.isdir(f"{bucket}/tree/b")
assert not files.exists(f"{bucket}/tree/z")
files.mv(f"{bucket}/tree/a", f"{bucket}/tree/moved")
files.copy(f"{bucket}/in parts/é.bin", f"{bucket}/tree/copy")
assert files.cat(f"{bucket}/tree/moved") == b"a"
assert files.info(f"{bucket}/tree/copy")["size"] == len(large)
files.rm(f"{bucket}/tree", recursive=True)
assert not files.exists(f"{bucket}/tree")

if "--arrow" in sys.argv:
    import pandas
    import pyarrow.dataset
    import pyarrow.fs

    arrow = pyarrow.fs.S3FileSystem()
    with arrow.open_output_stream(f"{bucket}/arrow/large.bin") as stream:
        for start in range(0, len(large), 1_000_003):
            stream.write(large[start : start + 1_000_003])
    with arrow.open_input_file(f"{bucket}/arrow/large.bin") as stored:
        assert stored.size() == len(large)
        assert stored.read_at(50, 9_000_000) == large[9_000_000:9_000_050]
    arrow.copy_file(f"{bucket}/arrow/large.bin", f"{bucket}/arrow/copy.bin")
    arrow.move(f"{bucket}/arrow/copy.bin", f"{bucket}/arrow/moved.bin")
    found = arrow.get_file_info(pyarrow.fs.FileSelector(f"{bucket}/arrow", recursive=True))
    assert sorted((info.base_name, info.size) for info in found) == [
        ("large.bin", len(large)),
        ("moved.bin", len(large)),
    ]
    arrow.create_dir(f"{bucket}/arrow/empty")
    arrow.delete_dir(f"{bucket}/arrow")
    assert arrow.get_file_info(f"{bucket}/arrow/large.bin").type == pyarrow.fs.FileType.NotFound

    frame = pandas.DataFrame({"year": [2023, 2023, 2024], "x": [1.5, 2.5, 3.5]})
    frame.to_parquet(f"s3://{bucket}/parted", partition_cols=["year"])
    table = pyarrow.dataset.dataset(f"s3://{bucket}/parted", partitioning="hive").to_table()
    assert sorted(table.column("x").to_pylist()) == [1.5, 2.5, 3.5]
    assert pandas.read_parquet(f"s3://{bucket}/parted", filters=[("year", "==", 2024)])["x"].tolist() == [3.5]
    frame.to_json(f"s3://{bucket}/frame.jsonl.gz", orient="records", lines=True)
    assert len(pandas.read_json(f"s3://{bucket}/frame.jsonl.gz", lines=True)) == 3

buffer = io.BytesIO()
client.download_fileobj(bucket, "in parts/é.bin", buffer)
assert buffer.getvalue() == large
print("well")
