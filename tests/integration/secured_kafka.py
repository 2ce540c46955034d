"""A real Apache Kafka with locked doors: TLS with a client's certificate, users over TLS and without; rights by ACLs.

Each process of ours has a user of its own, and a certificate of the same name. The plain port stays open for the test
itself, which looks and gives rights by it: nobody else comes by it.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import NoError
from msgspec import Struct
from msgspec.structs import replace

from deploy.local.apache_kafka import Door, nodes_in, started
from deploy.local.ports import HOST, free_ports
from deploy.upkeep.installation import Installation
from deploy.upkeep.rights import PROCESSES, Process, rights
from tests.integration.bus import wait_until
from tests.integration.certificates import Authority

__all__ = ["PASSWORD", "Locked", "allow", "locked_kafka"]

PASSWORD: Final = "not-to-be-seen-anywhere"
PLAIN: Final = "org.apache.kafka.common.security.plain.PlainLoginModule"
SCRAM: Final = "org.apache.kafka.common.security.scram.ScramLoginModule"


class Locked(Struct, frozen=True, kw_only=True):
    """Where it is, by each door."""

    plain: str  # the test's own way
    tls: str  # asks for a certificate
    sasl_tls: str
    sasl: str
    authority: Authority

    def by_password(self, process: Process, **more: str) -> dict[str, str]:
        """What a process is told that comes by user and password over TLS; `more` wins."""
        ours = {"BOOTSTRAP_SERVERS": self.sasl_tls, "SECURITY_PROTOCOL": "SASL_SSL", "SASL_MECHANISM": "SCRAM-SHA-512",
                "USERNAME": _user(process), "PASSWORD": PASSWORD, "CA": str(self.authority.ca)}  # fmt: skip
        return _told(ours | more)

    def by_certificate(self, process: Process, **more: str) -> dict[str, str]:
        """The same by a client's certificate."""
        ours = {"BOOTSTRAP_SERVERS": self.tls, "SECURITY_PROTOCOL": "SSL", "CA": str(self.authority.ca),
                "CLIENT_CERTIFICATE": str(self.authority.signed(_user(process)))}  # fmt: skip
        return _told(ours | more)


@contextmanager
def locked_kafka(place: Path) -> Iterator[Locked]:
    """Who comes by the plain port may do all; who comes by another may do what ACLs say."""
    authority = Authority(place / "certificates")
    (node,) = nodes_in(place)
    tls, sasl_tls, sasl = free_ports(3)
    doors = (Door(name="TLS", port=tls, protocol="SSL"), Door(name="TOLD", port=sasl_tls, protocol="SASL_SSL"),
             Door(name="BARE", port=sasl, protocol="SASL_PLAINTEXT"))  # fmt: skip
    scram = tuple(
        f"SCRAM-SHA-{bits}=[name={_user(one)},password={PASSWORD}]" for bits in (256, 512) for one in PROCESSES
    )
    node = replace(node, doors=doors, scram=scram, more=_settings(authority))
    with started([node]) as kafka:
        yield Locked(plain=kafka.bootstrap_servers, tls=f"{HOST}:{tls}", sasl_tls=f"{HOST}:{sasl_tls}",
                     sasl=f"{HOST}:{sasl}", authority=authority)  # fmt: skip


def _settings(authority: Authority) -> Mapping[str, str]:
    known = " ".join(f'user_{_user(one)}="{PASSWORD}"' for one in PROCESSES)
    users = {
        f"listener.name.{door}.{mechanism}.sasl.jaas.config": module
        for door in ("told", "bare")
        for mechanism, module in (
            ("plain", f"{PLAIN} required {known};"),
            ("scram-sha-256", f"{SCRAM} required;"),
            ("scram-sha-512", f"{SCRAM} required;"),
        )
    }
    return users | {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
        "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
        "listener.name.tls.ssl.client.auth": "required",
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(authority.signed("broker")),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(authority.ca),
        "ssl.principal.mapping.rules": "RULE:^CN=([^,]+).*$/$1/,DEFAULT",
    }


def allow(bootstrap: str, of: Installation) -> None:
    """Exactly what `leadstream topics rights` prints, and in force: the broker's authorizer hears later of it."""
    with closing(KafkaAdminClient(bootstrap_servers=bootstrap)) as admin:
        wanted = [
            ACL(
                principal=f"User:{_user(one.process)}", host="*", operation=ACLOperation[_upper(word)],
                permission_type=ACLPermissionType.ALLOW,
                resource_pattern=ResourcePattern(
                    ResourceType[one.kind.upper()], one.name,
                    ACLResourcePatternType.PREFIXED if one.prefixed else ACLResourcePatternType.LITERAL,
                ),
            )
            for one in rights(of) for word in one.operations
        ]  # fmt: skip
        made = admin.create_acls(wanted)
        assert not made["failed"], made
        wait_until(lambda: set(wanted) <= _in_force(admin), within_s=60, what="the broker to know the rights")


def _in_force(admin: KafkaAdminClient) -> set[ACL]:
    """What the broker decides by now, not what its controller has written."""
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    told, error = admin.describe_acls(
        ACLFilter(principal=None, host=None, operation=ACLOperation.ANY, permission_type=ACLPermissionType.ANY,
                  resource_pattern=anything)
    )  # fmt: skip
    assert error is NoError, error
    return set(told)


def _user(process: Process) -> str:
    return f"leadstream-{process}"


def _upper(operation: str) -> str:
    """`AlterConfigs` -> `ALTER_CONFIGS`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", operation).upper()


def _told(settings: Mapping[str, str]) -> dict[str, str]:
    return {f"LEADSTREAM_KAFKA__{name}": value for name, value in settings.items()}
