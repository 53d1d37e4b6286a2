"""Training a script's function on all hosts: `rabit_run`, under the name that AWS's image gives it."""

import logging
from collections.abc import Callable, Sequence
from typing import Any

from xgboost_image import collective

logger = logging.getLogger(__name__)


def wait_hostname_resolution(sm_hosts: Sequence[str]) -> None:
    """Return when the names of all hosts resolve."""
    for host in sm_hosts:
        collective.address_of(host)


def rabit_run(
    exec_fun: Callable[..., Any],
    args: dict[str, Any],
    include_in_training: bool,
    hosts: Sequence[str],
    current_host: str,
    first_port: int | None = None,
    second_port: int | None = None,
    max_connect_attempts: int | None = None,
    connect_retry_timeout: int = 3,
    update_rabit_args: bool = False,
) -> None:
    """Run a function on every host that has data, inside XGBoost's collective.

    With `update_rabit_args` the function is also given `is_master`. One connection serves where AWS's image
    makes two, so
    `second_port` and the two retry settings change nothing.
    """
    del second_port, max_connect_attempts, connect_retry_timeout
    port = first_port or collective.PORT
    with collective.joined(hosts, current_host, included=include_in_training, port=port) as member:
        if not member.included:
            logger.warning("Host %s does not have data and takes no part in training.", current_host)
            return
        exec_fun(**args, **({"is_master": member.is_master} if update_rabit_args else {}))
