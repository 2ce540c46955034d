"""What is being started and what failed: a live table on a terminal, plain lines elsewhere."""

import time
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from deploy.errors import NotReady
from deploy.local.logs import readable
from deploy.local.running import Running, State

__all__ = ["Progress"]

_COLOURS: Final = ("cyan", "magenta", "blue", "green", "yellow", "bright_cyan", "bright_magenta", "bright_blue")
_MARKS: Final = {
    State.WAITING: ("·", "dim"),
    State.STARTING: ("", "yellow"),
    State.READY: ("✓", "green"),
    State.AGAIN: ("↻", "yellow"),
    State.DONE: ("✓", "green"),
    State.FAILED: ("✗", "bold red"),
    State.STOPPED: ("■", "dim"),
}


class Progress:
    """The audience of the supervisor. After `settle` changes are told as lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._children: dict[str, Running] = {}
        self._steps: dict[str, str] = {}
        self._began: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=10, transient=True)
        self._settled = not console.is_terminal

    def __enter__(self) -> Self:
        if not self._settled:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.settle()

    def settle(self) -> None:
        """Everything is ready: the table goes away."""
        if self._live.is_started:
            self._live.stop()
        self._settled = True

    def step(self, name: str, says: str) -> None:
        """Something to wait for that is no child, such as Maven."""
        self._steps[name] = says
        if not self._console.is_terminal:
            self._say(name, says)

    def stepped(self, name: str) -> None:
        """It is over."""
        self._steps.pop(name, None)

    def changed(self, running: Running, *, note: str = "") -> None:
        """One child's state."""
        name = running.child.name
        self._children[name] = running
        if running.state is State.STARTING:
            self._began[name] = time.monotonic()
        elif name not in self._took:
            self._took[name] = time.monotonic() - self._began.get(name, time.monotonic())
        if note:
            self._say(name, note)
        elif not self._console.is_terminal and running.state in {State.READY, State.FAILED}:
            self._say(name, f"{running.state} ({self._took[name]:.1f} s)")

    def line(self, name: str, text: str) -> None:
        """One line of a child's log."""
        shown = Text.assemble((f"{name:>10} ", self._colour(name)), ("| ", "dim"), readable(text))
        self._console.print(shown, soft_wrap=True)

    def failed(self, error: NotReady, *, logs: str) -> None:
        """What failed, with the last that it said."""
        self._console.print(Text.assemble(("✗ ", "bold red"), (str(error), "bold")), soft_wrap=True)
        for text in error.tail:
            self.line(error.name, text)
        self._console.print(Text(f"  All of it: {logs}/{error.name}.log", style="dim"), soft_wrap=True)

    def _say(self, name: str, text: str) -> None:
        self._console.print(Text.assemble((f"{name:>10} ", self._colour(name)), (text, "dim")), soft_wrap=True)

    def _colour(self, name: str) -> str:
        return _COLOURS[sum(name.encode()) % len(_COLOURS)]

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for running in self._children.values():
            mark, style = _MARKS[running.state]
            seconds = self._took.get(running.child.name, time.monotonic() - self._began.get(running.child.name, 0.0))
            shown = Spinner("dots", style=style) if running.state is State.STARTING else Text(mark, style=style)
            table.add_row(shown, Text(running.child.name, style=self._colour(running.child.name)),
                          Text(running.child.says, style="dim"), f"{seconds:4.1f} s")  # fmt: skip
        for name, says in self._steps.items():
            table.add_row(Spinner("dots", style="yellow"), name, Text(says, style="dim"), "")
        return table
