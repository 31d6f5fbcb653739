"""HyperliquidMaster: a desktop terminal for discretionary-assisted trading of perpetuals on Hyperliquid."""

__version__ = "0.5.0"
