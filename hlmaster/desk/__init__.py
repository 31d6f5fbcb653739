"""One trading desk, built from parts, and the verbs its faces may use."""
