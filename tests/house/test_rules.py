"""The rules of the house, held over the whole package; the exceptions stand here, each with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.house import rules
from tests.house.source import Source, sources

# Only a place from where nobody above could act: a bus handler, a task's top, a plug-in's load
BROAD_HANDLERS = {
    "hlmaster/core/bus.py::Bus._dispatch": "a handler's failure becomes a fact, the others are still called",
    "hlmaster/core/registry.py::Registry.load": "a plug-in that does not load is named broken, the others work",
    "hlmaster/desk/tools.py::Tools._run": "the top of a chase; it is told that its order needs a look",
    "hlmaster/desk/work.py::Work._supervise": "the top of the desk's tasks",
    "hlmaster/desk/guard.py::Guard._apply_policy": "the task's top; the failure is told",
    "hlmaster/exchange/hyperliquid/socket.py::Socket._run": "the task's top; whatever broke, the line must come back",
    "hlmaster/insight/analyst/analyst.py::Analyst._outcome": "the top of a call; it counts for nothing, and says why",
    "hlmaster/strategies/checks.py::attempted": "whatever a strategy raises on trial is the finding",
    "hlmaster/insight/sentiment/pipeline.py::News._turn": "the task's top; what one source sends may break any reader",
    "hlmaster/exchange/simulator/signatures.py::recover": "the library raises bare Exception; any other goes on up",
    "hlmaster/storage/audit/log.py::AuditLog._run": "the top of the log's thread; whoever asks is told",
    "hlmaster/storage/journal.py::SqliteJournal._run": "the top of the writer's thread; whoever waits is refused",
    "hlmaster/storage/recorder.py::Recorder._run": "the top of the recorder's thread; whoever asks is refused",
    "hlmaster/storage/vault/system.py::SystemKeyring._ask.work": "back-ends raise the errors of five libraries",
    "hlmaster/storage/vault/system.py::make": "a back-end that does not load is no keyring; the sentence says why",
    "hlmaster/storage/vault/worker.py::in_worker.run": "the top of the keyring's thread; whoever asked is told",
    "hlmaster/strategies/company.py::Company._make": "the task's top; a strategy may break while it is made",
    "hlmaster/strategies/company.py::Company.ask": "a strategy that fails is stopped and named, the others go on",
    "hlmaster/strategies/host/child.py::Hands.answer": "the top of the process; what a strategy raises is told",
    "hlmaster/trading/execution/algorithms/pairs.py::Pairs._end": "the task's top; a person is asked to cancel",
    "hlmaster/trading/execution/resolver.py::Resolver._resolve": "the task's top; the order stays in doubt, loudly",
    "hlmaster/trading/execution/flatten.py::Flattener._way": "the task's top; a step that broke is tried again",
    "hlmaster/trading/protection/protector.py::Protector._act": "the task's top; other coins stay protected",
    "hlmaster/trading/protection/protector.py::Protector._leave": "the task's top; a close that broke is tried again",
    "hlmaster/ui/context.py::Context._carry_out": "the top of every task the window starts",
    "hlmaster/trading/risk/gate.py::_ask": "a rule that fails is a refusal: the gate fails closed",
}
MONEY = ("hlmaster/trading/", "hlmaster/core/orders.py", "hlmaster/core/fees.py", "hlmaster/core/margin.py")
FLOATS_IN_MONEY = {
    "hlmaster/trading/portfolio.py::Portfolio.stats": "ratios for the eye, owed to nobody",
}
MINT_HOLDERS = ("hlmaster/core/orders.py", "hlmaster/trading/risk/gate.py", "hlmaster/desk/")

Rule = Callable[[Source], Iterator[str]]


def broken(rule: Rule, but: tuple[str, ...] = (), folder: str = "hlmaster") -> list[str]:
    return [place for source in sources(folder) if not source.path.startswith(but) for place in rule(source)]


def none(found: list[str], reason: str = "") -> None:
    assert not found, "\n".join([reason, *found])


@pytest.mark.parametrize(
    ("rule", "text", "places"),
    [
        (rules.clocks_read, "import time as t\nt.monotonic()\n", 1),
        (rules.clocks_read, "from time import perf_counter_ns as tick\nf(clock=tick)\n", 1),
        (
            rules.clocks_read,
            "from datetime import UTC, datetime\ndatetime.now(UTC)\ndatetime.fromtimestamp(1, UTC)\n",
            1,
        ),
        (rules.clocks_read, "import datetime\ndatetime.datetime.utcnow()\nself.clock.monotonic()\n", 1),
        (rules.clocks_read, "from PySide6.QtCore import QElapsedTimer\nx = QElapsedTimer()\n", 1),
        (rules.nested_loops, "Dialog(self).exec()\nQApplication.processEvents()\nmenu.popup(p)\n", 2),
        (rules.nested_loops, "from PySide6 import QtWidgets\nQtWidgets.QMessageBox.question(w, 'a', 'b')\n", 1),
        (rules.dropped_tasks, "import asyncio\nasyncio.create_task(f())\nloop.create_task(f())\n", 2),
        (
            rules.dropped_tasks,
            "from asyncio import ensure_future\nclicked.connect(lambda: ensure_future(f()))\n",
            1,
        ),
        (
            rules.dropped_tasks,
            "async def f():\n async with TaskGroup() as g:\n  g.create_task(h())\n t = create_task(h())",
            0,
        ),
        (rules.broad_handlers, "try:\n f()\nexcept (ValueError, Exception):\n log()\n", 1),
        (rules.broad_handlers, "try:\n f()\nexcept:\n pass\n", 1),
        (rules.broad_handlers, "try:\n f()\nexcept BaseException:\n undo()\n raise\n", 0),
        (rules.broad_handlers, "with contextlib.suppress(Exception):\n f()\nwith suppress(KeyError):\n f()\n", 1),
        (rules.float_calls, "price: float = 1.0\nfloat(price)\n", 1),
        (rules.swallowing_waits, "from asyncio import wait_for as w\nw(f(), 1)\nself._wake.wait_for(g)\n", 1),
        (rules.looks_named, "a = '#10161d'\nb = f'color:{x}; background:rgba(0,0,0,1)'\nc = 'bracket #12'\n", 2),
        (
            rules.looks_named,
            "from PySide6.QtCore import Qt\nfrom PySide6.QtGui import QColor, QFont\n"
            "QColor('red')\nQFont('Arial')\nx(Qt.GlobalColor.black)\nQColor(theme.up)\n",
            3,
        ),
        (rules.unfinished, "def f():\n  # TO" + "DO later\n  raise NotImplementedError\n", 2),
    ],
)
def test_each_rule_finds_what_breaks_it(rule: Rule, text: str, places: int) -> None:
    assert len(list(rule(Source("sample.py", text)))) == places


def test_only_the_clock_reads_time() -> None:
    none(broken(rules.clocks_read, but=("hlmaster/core/clock.py",)))


def test_only_the_theme_names_colours_and_fonts() -> None:
    theme = ("hlmaster/ui/theme.py", "hlmaster/ui/palettes.py")
    none(broken(rules.looks_named, but=theme), "take it from the theme, or give every scheme of ui/palettes.py one")


def test_no_dialog_or_call_runs_a_loop_within_the_loop() -> None:
    none(broken(rules.nested_loops))


def test_every_task_is_kept_by_somebody() -> None:
    none(broken(rules.dropped_tasks))


def test_any_exception_is_caught_only_where_nobody_above_could_act() -> None:
    found = broken(rules.broad_handlers)
    none(sorted(set(found) - set(BROAD_HANDLERS)))
    none(sorted(set(BROAD_HANDLERS) - set(found)), "these exceptions are no longer needed")


def test_money_is_never_made_a_float() -> None:
    found = [place for place in broken(rules.float_calls) if place.startswith(MONEY)]
    none(sorted(set(found) - set(FLOATS_IN_MONEY)))
    none(sorted(set(FLOATS_IN_MONEY) - set(found)), "these exceptions are no longer needed")


def test_no_wait_loses_a_cancel() -> None:
    none(broken(rules.swallowing_waits), "asyncio.timeout() does the same and loses none")


def test_an_order_is_approved_by_the_mint_alone() -> None:
    none(broken(lambda source: rules.calls_of(source, "Approved"), but=("hlmaster/core/orders.py",)))


def test_the_mint_is_made_by_the_desk_and_known_to_the_gate_alone() -> None:
    knowing = [source.path for source in sources() if rules.mentions_of(source, "ApprovalMint")]
    none([path for path in knowing if not path.startswith(MINT_HOLDERS)])
    making = broken(lambda source: rules.calls_of(source, "ApprovalMint"))
    none([place for place in making if not place.startswith("hlmaster/desk/")])


def test_nothing_is_left_unfinished() -> None:
    none(broken(rules.unfinished))


def test_nobody_blocks_a_thread_for_a_while() -> None:
    lateness = ("tests/late.py",)  # makes threads late on purpose, where it is asked for
    none(broken(rules.blocking_sleeps) + broken(rules.blocking_sleeps, lateness, folder="tests"))
