"""Pictures of training: what the weights, the gradients and the units of each layer do while a network learns.

histograms.py, ratios.py, units.py: the numbers, as arrays. record.py: these over a whole training, as a file.
layer_table.py: how a row for each layer is laid out. The modules that end in _sheet draw; film.py moves.
"""
