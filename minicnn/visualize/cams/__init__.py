"""Where in the picture a class is seen: class activation maps, with the gradient and without."""
