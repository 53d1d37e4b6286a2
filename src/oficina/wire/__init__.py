"""Bytes on the network and (service, operation, dict): one file per protocol. No meaning lives here."""
