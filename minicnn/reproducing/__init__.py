"""LeNet-5 trained by the recipe of 1998, and what that recipe leaves open settled in the open.

==============  ============================================================================================
``recipes``     the variants: to the letter, the paper's curve, the best mean, with distortions
``data``        the 60,000 digits, in the order in which they are shown
``running``     one run: pattern by pattern, a line for each pass, taken up again where it was stopped
``stability``   whether steps on single patterns can be stable, measured on the way
``records``     what is left of a run: a small file of text
``tables``      the runs beside each other: mean, spread, standard error
``tuning``      how the open choices were made: on 10,000 training digits, never on test digits
``published``   the paper's own figures
``figures``     Figures 5 and 6, the paper's curves beside ours
==============  ============================================================================================

The command is ``minicnn reproduce lenet5``.
"""
