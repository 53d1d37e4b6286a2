"""``oficina account add``: a key for another AWS account, whose resources are a world of their own."""

from __future__ import annotations

import argparse
import re
import secrets

from oficina.app import assumed_role
from oficina.clock import Clock
from oficina.commands import env, home
from oficina.errors import OficinaError
from oficina.store.store import Store


def main(arguments: argparse.Namespace) -> int:
    """Prints the key as variables, for ``eval``."""
    settings = home.settings(arguments)
    account = arguments.account or str(secrets.randbelow(9 * 10**11) + 10**11)
    if re.fullmatch(r"\d{12}", account) is None:
        raise OficinaError(f"{account} is no account. Type twelve digits: oficina account add 210987654321")
    home.server(settings.home)
    store = Store(settings, Clock())
    try:
        caller = assumed_role(account, settings, "", "")
        key = store.keys.mint(account, caller.arn, caller.user_id)
    finally:
        store.close()
    print(f"# account {account}")
    print(env.text({"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret}, "sh"))
    return 0
