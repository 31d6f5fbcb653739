"""Who has earned what: trust by record, told when it grows, and when acting alone is lost."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.events import Notice, Severity
from hlmaster.core.model import Mode
from hlmaster.core.proposals import Policy
from hlmaster.core.records import ForTheRecord
from hlmaster.desk.tallies import Tallies
from hlmaster.trading.proposals.record_trust import RecordTrust, TrustTerms
from hlmaster.trading.proposals.trust import Trust, Unproven
from hlmaster.trading.titles import Title, as_written

PLAYED = (Mode.DEMO, Mode.PAPER)


class Trusting:
    """``trust`` is asked for each proposal. ``policy`` is a source's, as the user chose it."""

    def __init__(
        self,
        bus: Bus,
        mode: Mode,
        tallies: Tallies,
        terms: Callable[[], TrustTerms],
        policy: Callable[[str], Policy],
        title: Title = as_written,
    ) -> None:
        self._bus, self._tallies, self._policy, self._title = bus, tallies, policy, title
        self.trust: Trust = Unproven(mode, title) if mode in PLAYED else RecordTrust(terms, tallies.record, title)
        self._seen: dict[str, tuple[Decimal, bool]] = {}
        tallies.changed = self._on_changed

    def _on_changed(self, source: str) -> None:
        trust = self.trust
        share, why = trust.share(source), trust.may_auto(source)
        before = self._seen.get(source)
        self._seen[source] = share, why is None
        if not self._tallies.restored or before is None or before == self._seen[source]:
            return
        size = f"It trades {share * 100:.0f} % of its size."
        if why is None and not before[1]:
            text = f"{self._title(source)} has earned to act by itself ({trust.text(source)}). {size}"
            self._tell(source, Severity.INFO, text, "It does where its policy is auto.")
        elif why is not None and before[1]:
            ask = " Its policy is auto; from now on you are asked." if self._policy(source) is Policy.AUTO else ""
            self._tell(source, Severity.WARNING, f"{why}{ask} {size}", "Look at its trades in the journal.")
        else:
            self._tell(source, Severity.INFO, f"{self._title(source)}: {trust.text(source)}. {size}", "")

    def _tell(self, source: str, severity: Severity, text: str, cure: str) -> None:
        self._bus.publish(Notice(severity, text, "STR-301", cure))
        self._bus.publish(ForTheRecord("trust", source, text, "record"))
