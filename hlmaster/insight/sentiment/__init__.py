"""What is written about the coins: sources, their scores, and what they come to together."""
