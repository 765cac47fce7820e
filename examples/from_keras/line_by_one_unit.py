"""Which line does one Dense unit find in noisy points of y = 3x?

    python examples/from_keras/line_by_one_unit.py                about 2 seconds

In Keras these are the import lines, and nothing else differs:

    from keras.layers import Dense
    from keras.models import Sequential
    from keras.utils import set_random_seed
"""

import numpy as np

from minicnn.layers import Dense
from minicnn.models import Sequential
from minicnn.utils import set_random_seed

set_random_seed(0)
rng = np.random.default_rng(0)
x = np.linspace(-3, 3, 101).reshape(-1, 1)
y = 3 * x + rng.normal(0, 1, x.shape)

model = Sequential([Dense(1, input_shape=(1,))])
model.compile(optimizer="sgd", loss="mse")

weight, bias = model.layers[0].get_weights()
print(f"before: y = {weight[0, 0]:.3f} x + {bias[0]:.3f}")

history = model.fit(x, y, batch_size=len(x), epochs=500, verbose=0)
print(f"loss:   {history.history['loss'][0]:.4f} in the first epoch, {history.history['loss'][-1]:.4f} in the last")

weight, bias = model.layers[0].get_weights()
print(f"after:  y = {weight[0, 0]:.3f} x + {bias[0]:.3f}")

# The line for which the mean squared error is smallest can also be computed.
slope, intercept = np.polyfit(x[:, 0], y[:, 0], 1)
print(f"best:   y = {slope:.3f} x + {intercept:.3f}")
print("at x = 4:", model.predict(np.array([[4.0]]), verbose=0))
