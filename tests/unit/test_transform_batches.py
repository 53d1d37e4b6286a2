"""How the files of a transform job become requests, and answers records again (aws-contracts D.7)."""

from __future__ import annotations

import gzip
import io
import json
import struct
from pathlib import Path
from typing import Any

import pytest

from oficina.runners.transform.batches import MEGABYTE, Batch, Batcher
from oficina.runners.transform.records import BadRecord, blocks
from oficina.runners.transform.shaping import Shaper

DEFAULTS: dict[str, Any] = {
    "content_type": "text/csv",
    "accept": "",
    "split": "Line",
    "compression": "None",
    "strategy": None,
    "max_payload": None,
    "join": "None",
    "input_filter": "$",
    "output_filter": "$",
    "inference_id": False,
    "began": 0.0,
}


def batches(path: Path, told: dict[str, Any] | None = None, **settings: Any) -> list[Batch]:
    """The requests of a file."""
    chosen = {**DEFAULTS, **settings}
    return list(Batcher(chosen, told or {}, Shaper(chosen)).batches(str(path)))


def bodies(path: Path, told: dict[str, Any] | None = None, **settings: Any) -> list[bytes]:
    """What is sent of a file."""
    return [batch.body for batch in batches(path, told, **settings) if not callable(batch.body)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of three rows, with a blank line and ends of all kinds."""
    path = tmp_path / "rows"
    path.write_bytes(b"1,2\r\n\n3,4\n  \n5,6")
    return path


def recordio(*payloads: bytes) -> bytes:
    """A RecordIO file."""
    return b"".join(
        struct.pack("<II", 0xCED7230A, len(each)) + each + b"\0" * (-len(each) % 4) for each in payloads
    )


def tfrecord(*payloads: bytes) -> bytes:
    """A TFRecord file, its checksums left empty."""
    return b"".join(struct.pack("<Q", len(each)) + b"\0" * 4 + each + b"\0" * 4 for each in payloads)


def test_many_records_go_at_once(path: Path) -> None:
    assert bodies(path, strategy="MultiRecord") == [b"1,2\n3,4\n5,6\n"]


def test_a_single_record_goes_alone(path: Path) -> None:
    assert bodies(path, strategy="SingleRecord") == [b"1,2\n", b"3,4\n", b"5,6\n"]


def test_without_a_strategy_the_container_decides(path: Path) -> None:
    assert len(bodies(path, {"BatchStrategy": "SINGLE_RECORD"})) == 3
    assert len(bodies(path, {"BatchStrategy": "MULTI_RECORD"})) == 1
    assert len(bodies(path)) == 1


def test_without_a_split_the_file_is_one_record(path: Path) -> None:
    assert bodies(path, split="None", strategy="MultiRecord") == [path.read_bytes()]


def test_a_strategy_of_the_job_comes_before_the_containers(path: Path) -> None:
    assert len(bodies(path, {"BatchStrategy": "SINGLE_RECORD"}, strategy="MultiRecord")) == 1


@pytest.mark.parametrize("settings", [{}, {"join": "Input"}])
def test_requests_are_as_large_as_the_payload_allows(tmp_path: Path, settings: dict[str, Any]) -> None:
    row = b"x" * 99 + b"\n"
    path = tmp_path / "rows"
    path.write_bytes(row * 25_000)

    found = batches(path, max_payload=1, **settings)

    sizes = [len(batch.body) for batch in found if not callable(batch.body)]
    assert sizes == [1_048_500, 1_048_500, 403_000]
    assert [batch.first for batch in found] == [0, 10_485, 20_970]
    assert [batch.said() for batch in found][-1] == "records 20971 to 25000"


@pytest.mark.parametrize("settings", [{}, {"strategy": "SingleRecord"}, {"join": "Input"}])
def test_a_record_that_is_just_as_large_as_the_limit_goes(tmp_path: Path, settings: dict[str, Any]) -> None:
    path = tmp_path / "rows"
    path.write_bytes(b"x" * MEGABYTE + b"\nshort\n")

    assert [len(body) for body in bodies(path, max_payload=1, **settings)] == [MEGABYTE + 1, 6]


@pytest.mark.parametrize("settings", [{}, {"strategy": "SingleRecord"}, {"join": "Input"}, {"split": "None"}])
def test_a_record_that_is_larger_than_the_limit_is_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    path = tmp_path / "rows"
    path.write_bytes(b"x" * (MEGABYTE + 1) + b"\n")

    with pytest.raises(BadRecord, match="more than the 1048576 bytes that MaxPayloadInMB allows"):
        batches(path, max_payload=1, **settings)


def test_a_filter_may_make_a_large_record_small_enough(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_bytes(b"1," + b"x" * MEGABYTE + b"\n")

    assert bodies(path, max_payload=1, input_filter="$[0]") == [b"1\n"]


def test_lines_are_read_block_by_block() -> None:
    file = io.BytesIO(b"1,2,3\n" * 10_000)
    stream = blocks(file, 1000)

    assert [len(next(stream)) for _ in range(3)] == [996, 996, 996]
    assert file.tell() < 4000


@pytest.mark.parametrize(("split", "wrap"), [("RecordIO", recordio), ("TFRecord", tfrecord)])
def test_a_single_binary_record_goes_without_its_padding(tmp_path: Path, split: str, wrap: Any) -> None:
    path = tmp_path / "records"
    path.write_bytes(wrap(b"one", b"three"))

    assert bodies(path, split=split, strategy="SingleRecord") == [b"one", b"three"]
    assert bodies(path, split=split, strategy="MultiRecord") == [path.read_bytes()]


def test_a_record_that_holds_the_magic_number_is_put_together_again(tmp_path: Path) -> None:
    magic = struct.pack("<I", 0xCED7230A)
    parts = [
        struct.pack("<II", 0xCED7230A, flag << 29 | 4) + text for flag, text in ((1, b"head"), (3, b"tail"))
    ]
    path = tmp_path / "records"
    path.write_bytes(b"".join(parts) + recordio(b"next"))

    assert bodies(path, split="RecordIO", strategy="SingleRecord") == [b"head" + magic + b"tail", b"next"]


@pytest.mark.parametrize(
    ("split", "data", "sentence"),
    [
        ("RecordIO", recordio(b"good") + b"what is this", "record 2: there is no RecordIO record at byte 12"),
        ("RecordIO", recordio(b"good", b"cut off")[:-4], "record 2: the file ends in the middle of a record"),
        ("TFRecord", tfrecord(b"good") + b"\1", "record 2: the file ends in the middle of a TFRecord"),
        ("TFRecord", tfrecord(b"good")[:-1], "record 1: the file ends in the middle of a record"),
    ],
)
def test_a_broken_binary_file_is_told_with_the_record(
    tmp_path: Path, split: str, data: bytes, sentence: str
) -> None:
    path = tmp_path / "records"
    path.write_bytes(data)

    with pytest.raises(BadRecord, match=sentence):
        batches(path, split=split)


def test_a_compressed_file_of_several_members_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "rows"
    path.write_bytes(gzip.compress(b"1,2\n3,") + gzip.compress(b"4\n"))

    assert bodies(path, compression="Gzip") == [b"1,2\n3,4\n"]


@pytest.mark.parametrize("split", ["None", "Line", "RecordIO", "TFRecord"])
@pytest.mark.parametrize("strategy", ["MultiRecord", "SingleRecord"])
def test_an_empty_file_asks_nothing(tmp_path: Path, split: str, strategy: str) -> None:
    path = tmp_path / "empty"
    path.write_bytes(b"")

    assert batches(path, split=split, strategy=strategy) == []


def shaped(record: bytes, prediction: bytes, **settings: Any) -> str:
    """What is kept of a record and its prediction."""
    return Shaper({**DEFAULTS, **settings}).answer(record, prediction).decode()


JSON = {"content_type": "application/json", "accept": "application/json"}


@pytest.mark.parametrize(
    ("record", "prediction", "settings", "kept"),
    [
        (b"1,2", b"3\n", {"join": "Input"}, "1,2,3"),
        (b'1,"a, b"', b"3,4", {"join": "Input"}, '1,"a, b",3,4'),
        (b'1,"a, b"', b"3,4", {"join": "Input", "output_filter": "$[1,-1]"}, '"a, b",4'),
        (b"1,2,3", b"4", {"join": "Input", "output_filter": "$[1:]"}, "2,3,4"),
        (b"1", b"2,3", {"output_filter": "$[0]"}, "2"),
        (b'{"key":1}', b'{"label":1}', {**JSON, "join": "Input"}, '{"key":1,"SageMakerOutput":{"label":1}}'),
        (b"[1,2]", b"0.5", {**JSON, "join": "Input"}, '{"SageMakerInput":[1,2],"SageMakerOutput":0.5}'),
        (
            b'{"id":"\xc3\xa3","x":[1]}',
            b'{"p":[0.1,0.9]}',
            {**JSON, "join": "Input", "output_filter": "$['id','SageMakerOutput']"},
            '{"id":"ã","SageMakerOutput":{"p":[0.1,0.9]}}',
        ),
        (b"{}", b'{"p":[0.1,0.9]}', {**JSON, "output_filter": "$.p[-1]"}, "0.9"),
        (b"{}", b'{"a":{"b":1,"c":2}}', {**JSON, "output_filter": "$.a.['b','c']"}, '{"b":1,"c":2}'),
    ],
)
def test_what_is_kept_of_a_record(
    record: bytes, prediction: bytes, settings: dict[str, Any], kept: str
) -> None:
    assert shaped(record, prediction, **settings) == kept


@pytest.mark.parametrize("path", ["$[7]", "$[0,7]", "$.name"])
def test_a_filter_that_finds_nothing_says_so(path: str) -> None:
    with pytest.raises(BadRecord, match="the filter finds nothing in it"):
        shaped(b"1", b"2", output_filter=path)


def test_a_scalar_of_json_gets_a_name_beside_its_inference_id() -> None:
    kept = json.loads(shaped(b"1", b"0.5", **JSON, inference_id=True))

    assert list(kept) == ["SageMakerOutput", "SageMakerInferenceId", "SageMakerInferenceTime"]
    assert kept["SageMakerInferenceTime"] == "1970-01-01T00:00:00Z"


@pytest.mark.parametrize("answer", [b'[1,{"a":2}]', b'{"predictions": [1,{"a":2}]}', b'1\n{"a":2}\n'])
def test_an_answer_of_json_is_taken_apart(answer: bytes) -> None:
    assert Shaper({**DEFAULTS, **JSON}).predictions(answer, 2) == [b"1", b'{"a":2}']


def test_an_answer_with_another_number_of_predictions_is_refused() -> None:
    with pytest.raises(BadRecord, match="gave 3 predictions for 2 records"):
        Shaper(DEFAULTS).predictions(b"1\n2\n3\n", 2)
