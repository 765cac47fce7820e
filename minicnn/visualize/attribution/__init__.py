"""Which pixels of the input speak for a class: gradients of its score, and what is made of them."""
