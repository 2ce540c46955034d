"""How a client closes its connections: by TLS at once, in plain text as ever."""

from typing import Any

from kafka_access.parting import part_at_once


class Writer:
    def __init__(self, *, tls: bool) -> None:
        self.transport = self
        self.aborted = False
        self._tls = tls

    def get_extra_info(self, name: str) -> object:
        return object() if self._tls and name == "ssl_object" else None

    def abort(self) -> None:
        self.aborted = True


class Connection:
    def __init__(self, writer: Writer | None) -> None:
        self._writer = writer


class Client:
    def __init__(self, *writers: Writer | None) -> None:
        self._conns = dict(enumerate(map(Connection, writers)))
        self.closed_after: list[bool] = []

    async def close(self) -> None:
        self.closed_after = [one._writer is not None and one._writer.aborted for one in self._conns.values()]


async def test_only_what_speaks_tls_is_dropped_and_before_anybody_waits() -> None:
    client: Any = Client(Writer(tls=True), Writer(tls=False), None)
    part_at_once(client)
    await client.close()
    assert client.closed_after == [True, False, False]
