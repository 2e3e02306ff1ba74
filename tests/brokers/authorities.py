"""Certificates for a test: an authority of one's own, the brokers' certificate, and one for a client."""

from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files.

    Attributes:
        authority: whom both sides are to believe.
        broker: key and chain of the brokers, valid for 127.0.0.1 and for no name.
        client: a client's certificate; its subject is `CN=storyfold` within trustme's own organisation.
        client_key: its key.
    """

    authority: Path
    broker: Path
    client: Path
    client_key: Path


def certificates(folder: Path) -> Certificates:
    """Make them."""
    authority = trustme.CA()
    broker = authority.issue_cert("127.0.0.1")
    client = authority.issue_cert("client.example", common_name="storyfold")
    made = Certificates(
        folder / "authority.pem", folder / "broker.pem", folder / "client.pem", folder / "client-key.pem"
    )
    authority.cert_pem.write_to_path(str(made.authority))
    chain = b"".join(each.bytes() for each in broker.cert_chain_pems)
    made.broker.write_bytes(_pkcs8(broker.private_key_pem.bytes()) + chain)
    client.cert_chain_pems[0].write_to_path(str(made.client))
    client.private_key_pem.write_to_path(str(made.client_key))
    return made


def _pkcs8(key: bytes) -> bytes:
    """The form in which Java reads keys."""
    loaded = load_pem_private_key(key, None)
    return loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
