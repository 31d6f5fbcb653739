"""Ten thousand answers of a model, hostile ones included: nobody's proposal gets larger or acts alone by them.

The advice has the whole weight that a record can earn, which is the worst case.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hlmaster.core.opinions import Opinion, Question
from hlmaster.core.proposals import Policy, Proposal
from hlmaster.core.signals import Direction
from hlmaster.insight.analyst.outside import quoted
from hlmaster.insight.analyst.prepared import prepared
from hlmaster.insight.analyst.prompts import Prompts
from hlmaster.insight.analyst.schema import NoOpinion, Reading, read
from hlmaster.insight.calibration.advice import advice
from hlmaster.trading.combiner import MOST_ADVICE, Advice, Combiner, Idea
from tests.desk.ideas import Traded, signal, trading
from tests.insight.analyst.answers import wild
from tests.insight.analyst.hostile import corpus, headline
from tests.insight.analyst.markets import IDEA, NOW_MS, market
from tests.insight.calibration.models import an_opinion

ANSWERS = 10_000


def opinions(count: int) -> list[Opinion]:
    facts, found = market(idea=IDEA), []
    for question, text in wild(count, seed=11):
        reading = read(text, question, facts)
        if isinstance(reading, Reading):
            found.append(
                replace(
                    an_opinion(reading.direction, confidence=reading.confidence, question=question),
                    entry=reading.entry,
                    stop=reading.stop,
                    target=reading.target,
                    horizon_ms=reading.horizon_ms,
                )
            )
        else:
            assert isinstance(reading, NoOpinion)
    return found


def shift(opinion: Opinion, direction: Direction) -> float:
    return advice(opinion, direction, 1.0, opinion.asked_ms)


def test_no_answer_moves_a_confidence_by_more_than_a_fifth_or_anything_else() -> None:
    known = opinions(ANSWERS)
    assert len(known) > 1_000, "many pass, else nothing was tried"
    said: tuple[Advice, ...] = ()
    combiner = Combiner(lambda strategy: "solo", lambda coin, direction: said)
    for number, opinion in enumerate(known):
        way = Direction.LONG if number % 2 else Direction.SHORT
        said = ()
        plain = combiner.hear(signal(way, confidence=0.3 + number % 7 / 10), 0)
        said = (Advice("analyst", shift(opinion, way)), Advice("news", 0.2 if number % 3 else -0.2))
        advised = combiner.advised(plain)
        assert abs(advised.confidence - plain.confidence) <= MOST_ADVICE + 1e-12
        assert 0 <= advised.confidence <= 1
        assert replace(advised, confidence=plain.confidence, advice=()) == plain, "side, coin, stop, size: untouched"


def _figures(made: Proposal | str) -> object:
    if isinstance(made, str):
        return made
    return made.coin, made.side, made.size, made.stops, made.target, made.risk, made.margin, made.unadjusted_confidence


async def test_no_answer_makes_a_proposal_larger_or_lets_it_act_alone(tmp_path: Path) -> None:
    said: tuple[Advice, ...] = ()
    different = {round(shift(one, Direction.LONG), 6): one for one in opinions(ANSWERS)}
    assert {-0.2, 0.0, 0.2} <= different.keys(), "the worst that an answer can do is among them"
    async with trading(tmp_path, policy=Policy.AUTO, advisers=lambda coin, direction: said) as traded:
        for opinion in different.values():
            for confidence in (0.55, 0.69, 0.7, 0.9):
                said = ()
                idea = traded.proposing.combiner.hear(signal(confidence=confidence), traded.scene.clock.now_ms())
                before = traded.proposing.proposer.propose(idea, Policy.ASK)
                said = (Advice("analyst", shift(opinion, Direction.LONG)),)
                advised = traded.proposing.combiner.advised(idea)
                after = traded.proposing.proposer.propose(advised, Policy.ASK)
                assert _figures(before) == _figures(after), opinion
                assert _alone(traded, advised) <= _alone(traded, idea), "what acts alone needs no advice to do so"


def _alone(traded: Traded, idea: Idea) -> bool:
    """Whether its policy would act on it: as far as confidence decides."""
    made = traded.proposing.proposer.propose(idea, Policy.AUTO)
    assert not isinstance(made, str)
    gates = traded.proposing._obstacles.automatic(made, traded.desk.survey(idea.coin))
    return all(gate.passed for gate in gates if gate.name == "confident by itself")


def test_hostile_words_mark_the_opinion_and_never_leave_their_quotes(tmp_path: Path) -> None:
    """What follows from the mark: the analyst as a strategy asks a person (``tests/desk/advising/test_alone.py``)."""
    prompt, told = Prompts(tmp_path).of(Question.MARKET), 0
    plain = prepared(prompt, Question.MARKET, market(), "BTC")
    for _, text in corpus():
        facts = market(headlines=(headline(text, NOW_MS - 60_000),))
        question = prepared(prompt, Question.MARKET, facts, "BTC")
        assert question.heard_outside
        assert question.system == plain.system
        assert len(quoted(facts.headlines, NOW_MS)) < 5_000
        told += 1
    assert told >= 300
