from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import DAY_MS
from hlmaster.exchange.simulator.nonces import KEPT, Nonces

NOW = 1_760_000_000_000
SIGNER = "0x" + "11" * 20


def test_a_nonce_serves_once_per_signer() -> None:
    nonces = Nonces()
    nonces.consume(SIGNER, NOW)
    assert nonces.refusal(SIGNER, NOW, NOW) == f"Invalid nonce: duplicate nonce {NOW}"
    assert nonces.refusal("0x" + "22" * 20, NOW, NOW) is None


def test_the_window_is_open_at_both_ends() -> None:
    nonces = Nonces()
    for nonce, good in (
        (NOW - 2 * DAY_MS, False),
        (NOW - 2 * DAY_MS + 1, True),
        (NOW + DAY_MS - 1, True),
        (NOW + DAY_MS, False),
    ):
        assert (nonces.refusal(SIGNER, nonce, NOW) is None) is good


@given(st.lists(st.integers(NOW - 5000, NOW + 5000), min_size=1, max_size=400))
def test_only_new_nonces_above_the_smallest_of_the_hundred_highest_pass(sequence: list[int]) -> None:
    nonces, accepted = Nonces(), set[int]()
    for nonce in sequence:
        highest = sorted(accepted)[-KEPT:]
        expected = nonce not in highest and not (len(highest) == KEPT and nonce < highest[0])
        assert (nonces.refusal(SIGNER, nonce, NOW) is None) is expected
        if expected:
            nonces.consume(SIGNER, nonce)
            accepted.add(nonce)
    restored = Nonces()
    restored.restore({SIGNER: nonces.of(SIGNER)})
    assert restored.of(SIGNER) == tuple(sorted(accepted)[-KEPT:])
