"""The log that cannot be rewritten unseen. It shows change, not who changed it: whoever can write all its files and
knows how it is made can make another; so note the last hash elsewhere (``hlmaster audit verify`` tells it)."""
