"""Certificates: the self-signed one is made, kept and renewed; the user's own is checked."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from mien.server import certificates
from mien.server.certificates import Certificate, own_certificate, self_signed_certificate
from mien.server.errors import ServerError

HOSTS = ["192.168.1.7", "fd00::7", "localhost", "nas", "studio.example.org"]


@pytest.fixture
def made(tmp_path: Path) -> Certificate:
    return self_signed_certificate(tmp_path, HOSTS)


def parse(certificate: Certificate) -> x509.Certificate:
    return x509.load_pem_x509_certificate(certificate.file.read_bytes())


def test_the_certificate_is_for_the_addresses_and_names(made: Certificate) -> None:
    found = parse(made).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = [str(it) for it in found.get_values_for_type(x509.IPAddress)]
    assert addresses + found.get_values_for_type(x509.DNSName) == HOSTS


def test_only_the_owner_can_read_the_files(made: Certificate, tmp_path: Path) -> None:
    files = sorted(made.file.parent.iterdir())
    assert files == [made.file, made.key]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert made.file.parent.stat().st_mode & 0o777 == 0o700


def test_a_key_that_others_could_read_is_closed(made: Certificate, tmp_path: Path) -> None:
    made.key.chmod(0o644)
    self_signed_certificate(tmp_path, HOSTS)
    assert made.key.stat().st_mode & 0o777 == 0o600


def test_the_fingerprint_is_the_one_that_browsers_show(made: Certificate) -> None:
    digest = parse(made).fingerprint(hashes.SHA256()).hex().upper()
    assert made.fingerprint.replace(":", "") == digest
    assert made.fingerprint.count(":") == 31


def test_a_device_that_trusts_the_certificate_trusts_no_other_by_it(made: Certificate) -> None:
    constraints = parse(made).extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.critical, constraints.value.ca) == (True, False)


def test_the_certificate_stays_the_same(made: Certificate, tmp_path: Path) -> None:
    assert self_signed_certificate(tmp_path, HOSTS) == made
    assert self_signed_certificate(tmp_path, HOSTS[1:]) == made  # a network less


def test_a_new_address_renews_the_certificate_but_not_its_key(
    made: Certificate, tmp_path: Path
) -> None:
    key = made.key.read_bytes()
    renewed = self_signed_certificate(tmp_path, [*HOSTS, "10.0.0.3"])
    assert renewed.fingerprint != made.fingerprint
    assert made.key.read_bytes() == key


@pytest.mark.parametrize(("days", "renewed"), [(31, False), (29, True), (-1, True)])
def test_the_certificate_is_renewed_30_days_before_it_expires(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, days: int, renewed: bool
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(certificates, "_VALID", timedelta(days=days + 1, minutes=1))
        old = self_signed_certificate(tmp_path, HOSTS)
    new = self_signed_certificate(tmp_path, HOSTS)
    assert (new != old) is renewed
    assert timedelta(days=29) < new.expires - datetime.now(UTC) < timedelta(days=398)


@pytest.mark.parametrize("name", ["certificate.pem", "key.pem"])
@pytest.mark.parametrize("content", [b"", b"no PEM", b"\xff\x00"])
def test_a_damaged_file_is_made_again(
    made: Certificate, tmp_path: Path, name: str, content: bytes
) -> None:
    (made.file.parent / name).write_bytes(content)
    again = self_signed_certificate(tmp_path, HOSTS)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(again.file, again.key)


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "https").write_text("")
    with pytest.raises(ServerError, match=r"https: cannot be written .*choose another --folder"):
        self_signed_certificate(tmp_path, HOSTS)


def test_an_own_certificate_is_used_as_it_is(made: Certificate) -> None:
    own = own_certificate(made.file, made.key)
    assert own == Certificate(made.file, made.key, False, made.fingerprint, made.expires)


def _missing(made: Certificate) -> None:
    made.file.unlink()


def _missing_key(made: Certificate) -> None:
    made.key.unlink()


def _no_certificate(made: Certificate) -> None:
    made.file.write_text("no PEM")


def _no_key(made: Certificate) -> None:
    made.key.write_text("no PEM")


def _another_key(made: Certificate) -> None:
    other = self_signed_certificate(made.file.parent, HOSTS)
    made.key.write_bytes(other.key.read_bytes())


def _encrypted_key(made: Certificate) -> None:
    key = serialization.load_pem_private_key(made.key.read_bytes(), None)
    encryption = serialization.BestAvailableEncryption(b"secret")
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    made.key.write_bytes(key.private_bytes(pem, form, encryption))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_missing, "certificate.pem: cannot be read (No such file or directory); name a PEM file."),
        (_missing_key, "key.pem: cannot be read (No such file or directory); name a PEM file."),
        (_no_certificate, "is not a certificate; give a PEM file with --certificate."),
        (_no_key, "is not a private key; give a PEM file without a password with --key."),
        (_another_key, "is not the key of "),
        (_encrypted_key, "is not a private key; give a PEM file without a password with --key."),
    ],
)
def test_an_own_certificate_that_cannot_be_used_is_an_error(
    made: Certificate, spoil: Callable[[Certificate], None], message: str
) -> None:
    spoil(made)
    with pytest.raises(ServerError) as refused:
        own_certificate(made.file, made.key)
    assert message in str(refused.value)


def test_an_own_certificate_that_has_expired_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(certificates, "_VALID", timedelta(0))
    expired = self_signed_certificate(tmp_path, HOSTS)
    with pytest.raises(ServerError, match=r"expired on \d{4}-\d\d-\d\d; renew it"):
        own_certificate(expired.file, expired.key)
