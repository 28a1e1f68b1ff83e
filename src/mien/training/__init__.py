"""From a data set and a recipe to a model file. Needs the extra `train`."""
