"""A mail server that keeps what it is handed, and answers as planned. It speaks what a submission needs of SMTP."""

import asyncio
import ssl
from base64 import b64decode
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

__all__ = ["SmtpStub", "smtp_stub"]


class SmtpStub:
    """`plan` gives the next command of that kind another answer, such as ("RCPT", 550)."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.port = 0
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.logins: list[bytes] = []
        self.connections = 0
        self.hanging = ""  # the command that is never answered
        self.tls = tls
        self._planned: dict[str, deque[int]] = {}

    def plan(self, command: str, code: int) -> None:
        self._planned.setdefault(command, deque()).append(code)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await self._answer(writer, "GREET", "220 ready")
            while line := (await reader.readline()).decode().strip():
                command = line.partition(" ")[0].upper()
                if command == self.hanging:
                    await reader.read()
                elif command == "STARTTLS":
                    await self._answer(writer, command, "220 go on")
                    await writer.start_tls(self.tls) if self.tls else None
                elif command == "DATA":
                    if await self._answer(writer, command, "354 go on"):
                        await self._take(reader, writer)
                else:
                    await self._small(command, line, writer=writer)
        writer.close()

    async def _small(self, command: str, line: str, *, writer: asyncio.StreamWriter) -> None:
        secure = writer.get_extra_info("ssl_object") is not None
        hello = "250-stub\r\n" + ("250-STARTTLS\r\n" if self.tls and not secure else "") + "250-SMTPUTF8\r\n"
        texts = {"EHLO": hello + "250 AUTH PLAIN", "AUTH": "235 welcome", "QUIT": "221 goodbye"}
        if command == "RCPT" and self._takes(command):
            self.recipients.append(line.partition("<")[2].partition(">")[0])
        if command == "AUTH" and self._takes(command):
            self.logins.append(b64decode(line.rsplit(maxsplit=1)[-1]))
        await self._answer(writer, command, texts.get(command, "250 fine"))

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raw = await reader.readuntil(b"\r\n.\r\n")
        if self.hanging == "TAKEN":
            await reader.read()
        if self._takes("TAKEN"):
            self.messages.append(message_from_bytes(raw.removesuffix(b".\r\n"), policy=default))  # type: ignore[arg-type]
        await self._answer(writer, "TAKEN", "250 taken")

    def _takes(self, command: str) -> bool:
        """Whether it will be answered as it should: what is taken is kept before who asks goes on."""
        return not self._planned.get(command)

    async def _answer(self, writer: asyncio.StreamWriter, command: str, text: str) -> bool:
        planned = self._planned.get(command)
        code = planned.popleft() if planned else 0
        writer.write(f"{code} as planned\r\n".encode() if code else f"{text}\r\n".encode())
        await writer.drain()
        return not code


@asynccontextmanager
async def smtp_stub(*, tls: ssl.SSLContext | None = None, from_the_start: bool = False) -> AsyncIterator[SmtpStub]:
    """`tls`: after STARTTLS, or `from_the_start`."""
    stub = SmtpStub(tls=tls)
    server = await asyncio.start_server(stub.serve, "127.0.0.1", 0, ssl=tls if from_the_start else None)
    stub.port = server.sockets[0].getsockname()[1]
    try:
        yield stub
    finally:
        server.close()
