"""Circuit breakers: what ends new risk by itself."""
