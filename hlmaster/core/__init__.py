"""The language every other package speaks: facts, orders, ports, bus, clock, money formulas."""
