"""RecordIO streams that are whole, sparse, or broken."""

import struct

import numpy as np
import pytest
from xgboost_image import matrices, recordio


def test_what_is_written_is_read_again() -> None:
    stream = recordio.write([{"score": [0.5]}, {"probabilities": [0.25, 0.75], "labels": [0, 1]}])
    first, second = recordio.read(stream)

    assert first.label["score"].values.tolist() == [0.5]
    assert second.label["probabilities"].values.tolist() == [0.25, 0.75]
    assert second.label["labels"].values.tolist() == [0.0, 1.0]


def sparse_record(keys: list[int], values: list[float], width: int) -> bytes:
    tensor = b"\x0a" + bytes([4 * len(values)]) + np.asarray(values, "<f4").tobytes()
    tensor += b"\x12" + bytes([len(keys), *keys]) + b"\x1a\x01" + bytes([width])
    value = b"\x12" + bytes([len(tensor)]) + tensor
    entry = b"\x0a\x06values\x12" + bytes([len(value)]) + value
    body = b"\x0a" + bytes([len(entry)]) + entry
    return struct.pack("<II", recordio.MAGIC, len(body)) + body + b"\0" * (-len(body) % 4)


def test_sparse_records_become_a_sparse_matrix() -> None:
    rows, labels = matrices.features_of(sparse_record([1, 3], [5, 7], 6) + sparse_record([0], [2], 6))

    assert rows.toarray().tolist() == [[0, 5, 0, 7, 0, 0], [2, 0, 0, 0, 0, 0]]
    assert labels == []


@pytest.mark.parametrize("cut", range(4, 60, 3))
def test_a_stream_cut_anywhere_is_refused_and_never_hangs(cut: int) -> None:
    stream = sparse_record([1, 3], [5, 7], 6)

    with pytest.raises(ValueError):
        matrices.features_of(stream[:-cut])


def test_other_bytes_are_refused() -> None:
    with pytest.raises(ValueError, match="no RecordIO magic number at byte 0"):
        list(recordio.read(b"definitely not RecordIO"))
