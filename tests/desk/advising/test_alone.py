from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hlmaster.core.clock import MINUTE_MS, ManualClock
from hlmaster.core.model import Mode
from hlmaster.desk.advising.alone import STRATEGY, AnalystTrust, Behind
from hlmaster.insight.calibration.ledger import Ledger
from hlmaster.insight.calibration.record import Record
from hlmaster.trading.proposals.trust import Unproven
from tests.desk.ideas import signal
from tests.insight.calibration.models import MODEL, NOW, an_opinion, scored


def skilled() -> Record:
    ledger = Ledger()
    for known in scored(1, 400, 0.8):
        ledger.add(known)
    return ledger.overall(MODEL)


def voters(group: str) -> tuple[str, ...]:
    return (STRATEGY, "confluence") if group == "mixed" else ("confluence",)


def test_the_analyst_acts_alone_on_a_proven_record_only_and_never_on_strangers_words() -> None:
    heard, record = False, Record()
    trust = AnalystTrust(Unproven(Mode.DEMO), lambda: record, lambda: heard, voters)
    assert trust.may_auto("momentum_scalper") is None, "the record of others is not the analyst's"
    assert "no call is scored yet" in (trust.may_auto(STRATEGY) or "")
    record = skilled()
    assert record.weight > 0
    assert trust.may_auto(STRATEGY) is None
    heard = True
    assert (trust.may_auto(STRATEGY) or "").startswith("Strangers' words")
    assert trust.share(STRATEGY) == Decimal(1)


def test_what_holds_for_everybody_holds_for_it_too() -> None:
    trust = AnalystTrust(Unproven(Mode.LIVE), skilled, lambda: False, voters)
    assert "no measured record" in (trust.may_auto(STRATEGY) or "")
    assert trust.share(STRATEGY) == Unproven(Mode.LIVE).share(STRATEGY)


def test_a_group_in_which_the_analyst_votes_acts_alone_only_where_the_analyst_may() -> None:
    heard, record = False, Record()
    trust = AnalystTrust(Unproven(Mode.DEMO), lambda: record, lambda: heard, voters)
    assert trust.may_auto("group others") is None
    assert "no call is scored yet" in (trust.may_auto("group mixed") or "")
    record = skilled()
    assert trust.may_auto("group mixed") is None
    heard = True
    assert (trust.may_auto("group mixed") or "").startswith("Strangers' words")


def test_strangers_words_stand_behind_a_word_for_as_long_as_it_may_be_acted_upon() -> None:
    clock = ManualClock(NOW)
    behind = Behind(clock)
    strange = replace(an_opinion(call_id="strange", horizon_ms=MINUTE_MS), heard_outside=True)
    behind.tell(strange)
    assert behind.opinions == [strange]
    clock.advance(30_000)
    behind.say(signal(strategy=STRATEGY, coin="BTC", row_ms=NOW + 30_000, valid_until_ms=NOW + 5 * MINUTE_MS))
    clock.advance(MINUTE_MS)
    clean = an_opinion(call_id="clean", asked_ms=NOW + 80_000)
    behind.tell(clean)
    assert behind.opinions == [strange, clean], "its opinion has run out, the word has not"
    clock.advance(4 * MINUTE_MS)
    assert behind.opinions == [clean]
    behind.say(signal(strategy=STRATEGY, coin="BTC", row_ms=NOW + 90_000, valid_until_ms=NOW + 90 * MINUTE_MS))
    clock.advance(30 * MINUTE_MS)
    assert behind.opinions == [clean], "the new word knows the new opinion alone"
    clock.advance(60 * MINUTE_MS)
    assert behind.opinions == []
