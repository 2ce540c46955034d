"""The read model over `rediss://`, as a managed Redis asks for: TLS, a user, a password, an authority of its own.

Our Valkey is built without TLS, so a listener before it speaks that for it, as stunnel does.
"""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from redis import Redis

from deploy.local.embedded import embedded_valkey
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.writer import Projection
from tests.integration.certificates import Authority

PASSWORD = "nobody-sees-this"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def behind_tls(authority: Authority) -> Iterator[int]:
    """The port of a Valkey that knows one user, behind a listener that asks for a client's certificate."""
    with embedded_valkey() as url:
        with Redis.from_url(url) as redis:
            redis.acl_setuser("leadstream", enabled=True, passwords=[f"+{PASSWORD}"], keys=["*"], channels=["*"],
                              categories=["+@all"])  # fmt: skip
            redis.acl_setuser("default", enabled=False)
        yield from _tls(int(url.rpartition(":")[2].partition("/")[0]), authority)


def _tls(port: int, authority: Authority) -> Iterator[int]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=authority.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(authority.signed("redis"))
    loop = asyncio.new_event_loop()
    ends: list[asyncio.StreamWriter] = []

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, ssl.SSLError):
            while found := await reader.read(65_536):
                writer.write(found)
                await writer.drain()
        writer.close()

    async def joined(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.append(writer)
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
        ends.append(inner_writer)
        await asyncio.gather(pump(reader, inner_writer), pump(inner_reader, writer))

    async def ended() -> None:
        """Nothing of it is left for whoever collects garbage in a later test."""
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        for end in ends:
            end.transport.abort()
        await asyncio.gather(*tasks, *(end.wait_closed() for end in ends), return_exceptions=True)

    server = loop.run_until_complete(asyncio.start_server(joined, "127.0.0.1", 0, ssl=context))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield int(server.sockets[0].getsockname()[1])
    asyncio.run_coroutine_threadsafe(ended(), loop).result(20)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


def address(port: int, authority: Authority, *, password: str = PASSWORD, ca: Path | None = None) -> str:
    ours = authority.signed("leadstream")
    return (f"rediss://leadstream:{password}@127.0.0.1:{port}/0?ssl_ca_certs={ca or authority.ca}&ssl_certfile={ours}"
            f"&ssl_keyfile={ours}")  # fmt: skip


def test_cards_are_written_and_read(behind_tls: int, authority: Authority) -> None:
    url = address(behind_tls, authority)
    projection = Projection.connect(url, prefix="told:")
    projection.beat(1_700_000_000_000)
    projection.close()
    with Redis.from_url(url) as redis:
        assert redis.keys("told:*")


@pytest.mark.parametrize("wrong", ["password", "authority"])
def test_who_is_not_let_in_reads_nothing_and_is_told_no_password(
    wrong: str, behind_tls: int, authority: Authority, tmp_path: Path
) -> None:
    other = Authority(tmp_path, "other").ca if wrong == "authority" else None
    url = address(behind_tls, authority, password="of-somebody" if wrong == "password" else PASSWORD, ca=other)
    projection = Projection.connect(url, prefix="told:")
    with pytest.raises(ReadModelAway) as away:
        projection.beat(1_700_000_000_000)
    projection.close()
    said = f"{away.value}: {away.value.__cause__}".lower()
    assert {"password": "invalid username-password", "authority": "certificate_verify_failed"}[wrong] in said
    assert "of-somebody" not in said
    assert PASSWORD not in said
