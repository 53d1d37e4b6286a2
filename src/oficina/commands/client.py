"""AWS clients of the running server, for the verbs that ask it as any user would."""

from __future__ import annotations

from typing import Any

import botocore.config
import botocore.session

from oficina.commands import home
from oficina.config import Config


def client(service: str, settings: Config) -> Any:
    """A client with the home's default key, whatever the environment says."""
    server = home.server(settings.home)
    key, secret = home.keys(settings.home)
    return botocore.session.Session().create_client(
        service,
        region_name=server.region,
        endpoint_url=server.address,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=botocore.config.Config(retries={"total_max_attempts": 1}, proxies={}),
    )
