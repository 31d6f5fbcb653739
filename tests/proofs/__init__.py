"""Proofs by large numbers, judged by implementations that share no line with the product's."""
