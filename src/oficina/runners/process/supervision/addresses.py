"""Host names of a job: each host has a loopback address of its own, and other jobs have others."""

from __future__ import annotations

import zlib


def of(folder: str, place: int) -> str:
    """The address of a job's host by its place, from 127.16.0.1 to 127.255.255.250."""
    number = zlib.crc32(folder.encode())
    return f"127.{16 + number % 240}.{number // 240 % 256}.{place + 1}"


def table(folder: str, hosts: list[str]) -> str:
    """The text of /etc/hosts: localhost, the job's hosts, then what the machine itself says."""
    lines = ["127.0.0.1 localhost", "::1 localhost ip6-localhost ip6-loopback"]
    lines += [f"{of(folder, place)} {host}" for place, host in enumerate(hosts)]
    try:
        with open("/etc/hosts", encoding="utf-8", errors="replace") as file:
            lines += [line.rstrip("\n") for line in file if not {"localhost", *hosts} & set(line.split()[1:])]
    except FileNotFoundError:
        pass
    return "\n".join(lines) + "\n"
