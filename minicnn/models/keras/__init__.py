"""Models as Keras writes them: configuration, weights, files; both ways.

What a configuration in a file says is only looked up in the table of `minicnn.models.keras.table`. No class or
function that it names is imported or called, and a Lambda layer, which brings code, is refused.
"""
