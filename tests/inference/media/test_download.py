"""An address gives an image within limits, or one error."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from mien.errors import MediaError
from mien.inference.media.download import download, is_address, serves_image, shown_address


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """The address of a server that answers one request."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                answer(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/photo.jpg"
        thread.join()


def send(text: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(text)


def test_a_body_of_unknown_length_is_read_to_the_limit() -> None:
    head = b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"
    with answering(send(head + b"abc")) as address:
        assert download(address, max_bytes=3) == b"abc"
    with answering(send(head + b"abcd")) as address, pytest.raises(MediaError, match="more than"):
        download(address, max_bytes=3)


def test_a_server_that_says_nothing_is_given_up() -> None:
    released = threading.Event()
    with answering(lambda _: released.wait(20) and None) as address:
        with pytest.raises(MediaError, match=r"did not answer within 0\.2 s"):
            download(address, timeout=0.2)
        released.set()


@pytest.mark.parametrize("target", ["ftp://example.org/a.jpg", "file:///etc/passwd"])
def test_a_redirection_to_another_scheme_is_refused(target: str) -> None:
    answer = f"HTTP/1.0 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode()
    with (
        answering(send(answer)) as address,
        pytest.raises(MediaError, match=r"answers 302|fetched"),
    ):
        download(address)


@pytest.mark.parametrize("answer", [b"", b"not http\r\n", b"HTTP/1.0 500 no\r\n\r\n"])
def test_what_is_no_answer_is_one_error(answer: bytes) -> None:
    with answering(send(answer)) as address, pytest.raises(MediaError, match="check the address"):
        download(address)


@pytest.mark.parametrize(
    ("answer", "is_image"),
    [
        (b"", False),
        (b"not http\r\n", False),
        (b"HTTP/1.0 404 no\r\nContent-Type: image/png\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Type: video/mp4\r\n\r\n", False),
        (b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg\r\n\r\n", True),
    ],
)
def test_an_image_is_told_by_what_its_server_says(answer: bytes, is_image: bool) -> None:
    with answering(send(answer)) as address:
        assert serves_image(address) is is_image


@pytest.mark.parametrize("address", ["http://", "http://[", "http://a b/", "https://x:99999999/"])
def test_malformed_addresses_are_one_error(address: str) -> None:
    assert is_address(address)
    with pytest.raises(MediaError, match="check the address"):
        download(address)


def test_a_password_and_a_query_are_not_shown() -> None:
    shown = shown_address("https://ada:secret@example.org/a.jpg?token=secret#secret")
    assert shown == "https://example.org/a.jpg"
    assert not is_address("photo.jpg")
    assert not is_address("C:/http.jpg")
