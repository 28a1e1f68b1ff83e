"""A listener on loopback that notices who connects."""

import socket

from reliability.fuzz.seeds.videos import ADDRESS


class Listener:
    """Listens at the address that seeds name, and answers nothing.

    Several processes may listen at once: a connection reaches one of them.
    """

    def __init__(self) -> None:
        host, port = ADDRESS.split(":")
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._socket.setblocking(False)
        self._socket.bind((host, int(port)))
        self._socket.listen()

    def clear(self) -> int:
        """Closes the connections that have come, and returns how many they were."""
        count = 0
        while True:
            try:
                line, _ = self._socket.accept()
            except BlockingIOError:
                return count
            line.close()
            count += 1
