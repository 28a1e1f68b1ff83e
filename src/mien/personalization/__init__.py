"""A model that learns its user: corrections in, an adapter of the model's answers out."""
