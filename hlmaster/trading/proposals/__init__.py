"""Ideas on their way to a person or a policy: figures, states, expiry."""
