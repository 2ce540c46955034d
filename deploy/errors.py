"""Errors of deploy: each message says what is wrong and what to do.

DeployError
├── AlreadyUp        another `leadstream up` uses this home
├── BadBackup        a directory holds no whole backup, or one that does not fit here
├── BadKeys          a key file that cannot be read or written, or a key that it does not have
├── BadPerson        nobody is known by that name, or their card does not go
├── BadReplay        no record, filter or patch can be made of what was said
├── BadRules         a rules file says what no rule knows: file, line and the fix
├── BadSupply        crossings that cannot be read, or a threshold that may not be written
├── BadUsers         a user file or audit log that cannot be read or written, or a user that it does not have
├── BadHome          the home directory cannot be used
├── NotDelivered     a channel did not take a test
├── NotLogged        the audit log cannot be written
├── NotRebuilt       Redis is away, or no worker fills it
├── NotReady         a child ended, or did not become ready in time; carries its last log lines
├── ChildLost        a child ended whose memory nothing can bring back (the embedded broker)
├── NoJava           a real Apache Kafka was asked for, and Java or Maven is missing or failed
├── NotAtRest        workers run or records wait where nothing may move
├── BrokerUnreachable   no answer from Kafka
├── TopicsDiffer     topics exist with another number of partitions
└── BadDeploySettings   an environment variable is missing or wrong
"""

from collections.abc import Sequence

__all__ = [
    "AlreadyUp",
    "BadBackup",
    "BadDeploySettings",
    "BadHome",
    "BadKeys",
    "BadPerson",
    "BadReplay",
    "BadRules",
    "BadSupply",
    "BadUsers",
    "BrokerUnreachable",
    "ChildLost",
    "DeployError",
    "NoJava",
    "NotAtRest",
    "NotDelivered",
    "NotLogged",
    "NotReady",
    "NotRebuilt",
    "TopicsDiffer",
]


class DeployError(Exception):
    """Any refusal of this package; its text is for the person at the terminal."""


class AlreadyUp(DeployError):
    """The home is in use."""


class BadBackup(DeployError):
    """Nothing was restored."""


class BadKeys(DeployError):
    """Nothing was changed."""


class BadPerson(DeployError):
    """Nothing was exported, or nobody can say that all is erased."""


class BadReplay(DeployError):
    """Nothing was replayed."""


class BadRules(DeployError):
    """Nothing was started."""


class BadSupply(DeployError):
    """Nothing was changed."""


class BadUsers(DeployError):
    """Nothing was changed."""


class BadHome(DeployError):
    """The home cannot be written."""


class NotReady(DeployError):
    """A child that did not come up. `tail` = its last log lines."""

    def __init__(self, name: str, why: str, tail: Sequence[str]) -> None:
        super().__init__(f"{name} {why}")
        self.name = name
        self.tail = tuple(tail)


class NotRebuilt(DeployError):
    """What the console shows is not complete."""


class ChildLost(DeployError):
    """A child that must not be started again behind the others' backs."""


class NoJava(DeployError):
    """Java 17 or Maven is missing, or Maven could not bring the jars."""


class NotAtRest(DeployError):
    """Nothing was copied, or not all of it: say it again once it is so."""


class NotDelivered(DeployError):
    """The channel's own word, which names no person and no secret."""


class NotLogged(DeployError):
    """Nothing was changed."""


class BrokerUnreachable(DeployError):
    """Kafka does not answer."""


class TopicsDiffer(DeployError):
    """Partition counts never change in place: keys would move away from their rows."""


class BadDeploySettings(DeployError):
    """Names the variable."""
