"""Where an answer comes from: a model on this machine, one at Anthropic, or plain rules. One port, three adapters."""
