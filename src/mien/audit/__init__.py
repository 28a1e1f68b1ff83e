"""What is wrong in a labelled data set of faces. Needs the extra `train`."""
