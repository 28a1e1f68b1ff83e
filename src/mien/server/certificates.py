"""Certificates for HTTPS: a self-signed one in the data folder, or one of the user's own."""

import os
import ssl
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NoReturn

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mien.server.errors import ServerError
from mien.server.origins import is_address

_FOLDER = "https"
_VALID = timedelta(days=397)  # the longest that browsers take from a public issuer
_RENEWED = timedelta(days=30)  # before the end
_CLOCKS = timedelta(days=1)  # by which another device's clock may be behind
_SUBJECT = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Mien Studio")])


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that a server can use.

    Attributes:
        file: of the certificate, in PEM.
        key: the file of its private key.
        self_signed: whether Mien made it, so that browsers warn of it.
        fingerprint: SHA-256, in hexadecimal with colons, as browsers show it.
        expires: in UTC.
    """

    file: Path
    key: Path
    self_signed: bool
    fingerprint: str
    expires: datetime


def own_certificate(file: Path, key: Path) -> Certificate:
    """Opens a certificate of the user's own.

    Args:
        file: in PEM, the server's certificate first, then those of its issuers.
        key: of its private key, in PEM, without a password.

    Raises:
        ServerError: a file cannot be read or used, they do not belong together, or the
            certificate has expired.
    """
    try:
        certificate = x509.load_pem_x509_certificate(_read(file))
    except ValueError:
        _refuse(file, "is not a certificate", "give a PEM file with --certificate")
    if certificate.not_valid_after_utc < datetime.now(UTC):
        _refuse(file, f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}", "renew it")
    _read(key)
    try:
        # Without a password here, OpenSSL would ask for one at the terminal.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file, key, password="")
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            _refuse(key, f"is not the key of {file}", "give the key that belongs to it")
        _refuse(key, "is not a private key", "give a PEM file without a password with --key")
    return _as_used(certificate, file, key, self_signed=False)


def self_signed_certificate(folder: Path, hosts: Collection[str]) -> Certificate:
    """Returns the certificate in the data folder; makes one if it has none that will do.

    It is renewed 30 days before it expires, or if it lacks a host. Its key stays. Both files can be
    read by their owner alone.

    Args:
        folder: of the server's data.
        hosts: the addresses and names of the server.

    Raises:
        ServerError: the files cannot be written.
    """
    file, key_file = (folder / _FOLDER / name for name in ("certificate.pem", "key.pem"))
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = _load_key(key_file) or _make_key(key_file)
        certificate = _load_certificate(file, key)
        if certificate is None or not _will_do(certificate, hosts):
            certificate = _sign(key, hosts)
            _write(file, certificate.public_bytes(serialization.Encoding.PEM))
    except OSError as error:
        remedy = "choose another --folder, or leave out --https"
        _refuse(file.parent, f"cannot be written ({error.strerror})", remedy)
    return _as_used(certificate, file, key_file, self_signed=True)


def _load_key(file: Path) -> ec.EllipticCurvePrivateKey | None:
    with suppress(FileNotFoundError, ValueError, TypeError):
        key = serialization.load_pem_private_key(file.read_bytes(), password=None)
        if isinstance(key, ec.EllipticCurvePrivateKey):
            file.chmod(0o600)
            return key
    return None


def _make_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    content = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _write(file, content)
    return key


def _load_certificate(file: Path, key: ec.EllipticCurvePrivateKey) -> x509.Certificate | None:
    with suppress(FileNotFoundError, ValueError):
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        if certificate.public_key() == key.public_key():
            return certificate
    return None


def _will_do(certificate: x509.Certificate, hosts: Collection[str]) -> bool:
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    has_time = certificate.not_valid_after_utc - datetime.now(UTC) > _RENEWED
    return has_time and set(_alternatives(hosts)) <= set(names)


def _sign(key: ec.EllipticCurvePrivateKey, hosts: Collection[str]) -> x509.Certificate:
    """Makes a certificate of a server, which cannot sign others if a device trusts it."""
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(issuer_name=_SUBJECT, subject_name=_SUBJECT)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS)
        .not_valid_after(now - _CLOCKS + _VALID)
        .add_extension(x509.SubjectAlternativeName(_alternatives(hosts)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    return builder.sign(key, hashes.SHA256())


def _alternatives(hosts: Collection[str]) -> list[x509.GeneralName]:
    """Returns hosts as a certificate names them; a machine's name that is no DNS name is left."""
    return [
        x509.IPAddress(ip_address(host)) if is_address(host) else x509.DNSName(host)
        for host in dict.fromkeys(hosts)
        if host.isascii()
    ]


def _write(file: Path, content: bytes) -> None:
    """Writes a file that only its owner can read; a crash leaves the old one or the new one."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(content)
    draft.replace(file)


def _as_used(
    certificate: x509.Certificate, file: Path, key: Path, self_signed: bool
) -> Certificate:
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":").upper()
    return Certificate(file, key, self_signed, fingerprint, certificate.not_valid_after_utc)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        _refuse(file, f"cannot be read ({error.strerror})", "name a PEM file")


def _refuse(file: Path, reason: str, remedy: str) -> NoReturn:
    raise ServerError(reason, subject=file, remedy=remedy) from None
