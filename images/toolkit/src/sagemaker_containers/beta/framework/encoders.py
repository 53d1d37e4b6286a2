"""Arrays to and from what requests and answers carry; the successor's functions under the old names."""

from sagemaker_inference.decoder import decode
from sagemaker_inference.encoder import encode
from sagemaker_inference.errors import UnsupportedFormatError

__all__ = ["UnsupportedFormatError", "decode", "encode"]
