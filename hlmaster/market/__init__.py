"""From raw facts to judged market state: books, candle series, trades, contexts, and how old each of them is."""
