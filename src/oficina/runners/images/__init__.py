"""Images without containers: what an image URI means here, and the environment of packages behind it.

``Catalog(config).resolve(uri)`` answers at once; ``build`` makes the environment on first use.
"""

from .catalog import Catalog
from .client import ANYONE, Client
from .image import Image, ImageError, ImageNotBuilt, ImageUnknown, Progress
from .reference import Reference
from .registry import Own, Registry

__all__ = [
    "ANYONE",
    "Catalog",
    "Client",
    "Image",
    "ImageError",
    "ImageNotBuilt",
    "ImageUnknown",
    "Own",
    "Progress",
    "Reference",
    "Registry",
]
