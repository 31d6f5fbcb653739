"""What the analyst was asked and said, what became of it, and the headlines it may have read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TEXT, WHOLE, FLAG, BYTES = sa.String(), sa.BigInteger(), sa.Boolean(), sa.LargeBinary()
REAL: sa.Double[float] = sa.Double()


def upgrade() -> None:
    call = ("coin", "question", "trigger", "model", "digest", "options", "prompt_version", "failure")
    _owned("calls", "call_id", call, ("asked_ms", "prompt_tokens", "answer_tokens"), ("latency_ms",), _bytes())
    _owned("opinions", "call_id", ("direction", "digest", "body"), ("asked_ms",))
    _owned("outcomes", "call_id", ("regime",), ("at_ms",), ("change",), _flags())
    _owned("headlines", "key", ("source", "title", "body"), ("published_ms", "heard_ms"), ("score",))


def _bytes() -> tuple[sa.Column[Any], ...]:
    return tuple(sa.Column(name, BYTES, nullable=False) for name in ("prompt", "answer"))


def _flags() -> tuple[sa.Column[Any], ...]:
    return tuple(sa.Column(name, FLAG, nullable=False) for name in ("right", "naive_right"))


def _owned(
    name: str,
    key: str,
    texts: tuple[str, ...],
    wholes: tuple[str, ...],
    reals: tuple[str, ...] = (),
    others: tuple[sa.Column[Any], ...] = (),
) -> None:
    op.create_table(
        name,
        *(sa.Column(column, TEXT, nullable=False) for column in ("session_id", key, *texts)),
        *(sa.Column(column, WHOLE, nullable=False) for column in wholes),
        *(sa.Column(column, REAL) for column in reals),
        *others,
        sa.PrimaryKeyConstraint("session_id", key, name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["session_id"], ["sessions.id"], name=f"fk_{name}_session_id"),
    )
