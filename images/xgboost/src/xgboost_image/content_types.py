"""Which of the four formats a ContentType means (AWS developer guide, "Input/Output Interface")."""

from sagemaker_algorithm_toolkit.exceptions import UserError

CSV = "csv"
LIBSVM = "libsvm"
PARQUET = "parquet"
RECORDIO_PROTOBUF = "recordio-protobuf"

FORMATS = {
    "csv": CSV,
    "text/csv": CSV,
    "libsvm": LIBSVM,
    "text/libsvm": LIBSVM,
    "text/x-libsvm": LIBSVM,
    "parquet": PARQUET,
    "application/x-parquet": PARQUET,
    "recordio-protobuf": RECORDIO_PROTOBUF,
    "application/x-recordio-protobuf": RECORDIO_PROTOBUF,
}


def split(text: str) -> tuple[str, dict[str, str]]:
    """A media type and its parameters: `text/csv; label_size=1` → (`text/csv`, {label_size: 1})."""
    first, *rest = text.lower().split(";")
    pairs = (part.partition("=") for part in rest)
    return first.strip(), {key.strip(): value.strip().strip('"') for key, _, value in pairs if key.strip()}


def format_of(content_type: str | None) -> str:
    """The format named by a channel's or a request's ContentType; libsvm when there is none."""
    if content_type is None:
        return LIBSVM
    kind, parameters = split(content_type)
    if kind not in FORMATS:
        raise UserError(f"{content_type} is not an accepted ContentType: {', '.join(FORMATS)}.")
    if FORMATS[kind] == CSV and parameters.get("label_size", "1") != "1":
        raise UserError(f"{content_type} is not an accepted csv ContentType: label_size must be 1.")
    return FORMATS[kind]
