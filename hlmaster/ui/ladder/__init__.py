"""The order book to trade from: rows, columns, what a gesture would do, the place in the queue, and their picture."""
