from __future__ import annotations

from decimal import Decimal

from hlmaster.core.model import Mode
from hlmaster.desk.advising.alone import STRATEGY, AnalystTrust
from hlmaster.insight.calibration.ledger import Ledger
from hlmaster.insight.calibration.record import Record
from hlmaster.trading.proposals.trust import Unproven
from tests.insight.calibration.models import MODEL, scored


def skilled() -> Record:
    ledger = Ledger()
    for known in scored(1, 400, 0.8):
        ledger.add(known)
    return ledger.overall(MODEL)


def test_the_analyst_acts_alone_on_a_proven_record_only_and_never_on_strangers_words() -> None:
    heard, record = False, Record()
    trust = AnalystTrust(Unproven(Mode.DEMO), lambda: record, lambda: heard)
    assert trust.may_auto("momentum_scalper") is None, "the record of others is not the analyst's"
    assert "no call is scored yet" in (trust.may_auto(STRATEGY) or "")
    record = skilled()
    assert record.weight > 0
    assert trust.may_auto(STRATEGY) is None
    heard = True
    assert (trust.may_auto(STRATEGY) or "").startswith("Strangers' words")
    assert trust.share(STRATEGY) == Decimal(1)


def test_what_holds_for_everybody_holds_for_it_too() -> None:
    trust = AnalystTrust(Unproven(Mode.LIVE), skilled, lambda: False)
    assert "no measured record" in (trust.may_auto(STRATEGY) or "")
    assert trust.share(STRATEGY) == Unproven(Mode.LIVE).share(STRATEGY)
