"""From a wish to a booked fill: ticket, sizing, risk gate, execution, ledger."""
