"""What benchmarks/personalization.py is made of."""
