"""Whether a map of evidence depends on what the network has learned."""
