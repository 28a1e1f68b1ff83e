"""Fine-tuning: a model learns labels of your own from a few hundred of your photos.

The network stays as it is. A new last layer reads what the old one read, the embedding, and what
the old one answered; how much it may trust the few photos is chosen by cross-validation over
people. `learn.py` is where to begin.
"""
