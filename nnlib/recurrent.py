"""Recurrent layers: the same weights at every step of a sequence, and a state that is handed on.

A batch of sequences is an array (T, n, m): T steps, n numbers at each, m examples, the example axis last as
everywhere. Where each step is one of n classes, such as the letters of a text, the class numbers themselves,
whole numbers (T, m), may be sent in: a one-hot column picks a column of W, and picking is cheaper than a product.

The states of all steps come out, (T, n_hidden, m), or with last_only=True that of the last, (n_hidden, m).
EachStep lays the steps side by side for a Dense layer and a cost that know nothing of time:

    Network([LSTM(65, 128), EachStep(), Dense(128, 65, "softmax")], cost="cross_entropy")

The cost of one sequence is then the MEAN over its steps, and the cost of a batch the mean over its sequences.
"""

import numpy as np

from nnlib.activations import Sigmoid
from nnlib.initializers import orthogonal, xavier
from nnlib.layers import Layer

sigmoid = Sigmoid()


def fold(sequences):
    """(T, n, m) -> (n, T m): the steps side by side, column t m + i for step t of example i."""
    return sequences.transpose(1, 0, 2).reshape(sequences.shape[1], -1)


class EachStep(Layer):
    """Hands every step of a sequence to the next layers as a column of its own: (T, n, m) -> (n, T m)."""

    def forward(self, a_previous, training=False):
        """fold(a_previous). Raises ValueError if there is no axis of steps."""
        if a_previous.ndim != 3:
            raise ValueError(f"EachStep expects sequences of shape (T, n, m), got {a_previous.shape}: does the "
                             "layer before it give the last state only?")
        self.shape = a_previous.shape
        return fold(a_previous)

    def backward(self, grad_a, input_gradient=True):
        """grad_a as (T, n, m), divided by T, because the cost of a sequence is the mean over its steps."""
        T, n, m = self.shape
        return grad_a.reshape(n, T, m).transpose(1, 0, 2) / T  # eq-each-step

    def __repr__(self):
        return "EachStep()"


class _Recurrence(Layer):
    """What Recurrent and LSTM share: the weights, the way in, the sums over time, the state that is carried.

    A subclass says how many blocks of n_hidden rows its weights have (one for each gate), and goes through time
    in `run(z)`, which fills self.h, and back in `run_back(grad_h, delta)`, which fills delta, the errors dL/dz.
    """

    blocks = 1
    reads_classes = True  # a Network hands whole numbers over as they are

    def __init__(self, n_in, n_hidden, last_only=False):
        for size in (n_in, n_hidden):
            if not isinstance(size, (int, np.integer)) or size < 1:
                raise ValueError(f"{type(self).__name__} expects sizes of at least 1, got ({n_in}, {n_hidden})")
        self.n_in, self.n_out, self.last_only = int(n_in), int(n_hidden), bool(last_only)
        self.carry_state(False)

    def parameter_shapes(self):
        rows = self.blocks * self.n_out
        return {"W": (rows, self.n_in), "U": (rows, self.n_out), "b": (rows, 1)}

    def initialize(self, rng):
        """Xavier for every block of W, a rotation for every block of U, zeros for b."""
        for start, weights in ((xavier, self.W), (orthogonal, self.U)):
            for block in np.split(weights, self.blocks):
                block[:] = start(block.shape, rng)
        self.b[:] = 0

    def carry_state(self, on=True):
        """From now on start each forward where the last one ended, the first from zeros; or, on=False, all from zeros.

        For sequences that come in pieces: a text written one character at a time. Errors go back through the
        piece last sent forward and no further.
        """
        self.carrying, self.carried = on, {}

    def forward(self, a_previous, training=False):
        """The states h, (T, n_hidden, m) or the last one, of sequences (T, n_in, m) or class numbers (T, m).

        Raises ValueError for any other shape, and for class numbers that are not between 0 and n_in - 1.
        """
        x = self.x = self._checked(np.asarray(a_previous))
        if x.ndim == 2:
            z = np.empty((len(x), *self.b.shape[:1], x.shape[1]), self.W.dtype)
            columns = self.W + self.b
            for t in range(len(x)):
                columns.take(x[t], axis=1, out=z[t], mode="clip")
        else:
            z = self.W @ x
            z += self.b
        self.run(z)
        return self.h[-1] if self.last_only else self.h[1:]

    def backward(self, grad_a, input_gradient=True):
        """Fill dW, dU and db from dL/dh, of the output's shape; return dL/dx, of the input's.

        Back-propagation through time (Werbos, 1990). Raises ValueError if the gradient by class numbers is asked for.
        """
        x, T, m = self.x, len(self.x), self.x.shape[-1]
        if input_gradient and x.ndim == 2:
            raise ValueError(f"{self} read class numbers, and no cost has a slope by these: send one-hot columns")
        grad_h = grad_a
        if self.last_only:
            grad_h = np.zeros((T, self.n_out, m), grad_a.dtype)
            grad_h[-1] = grad_a
        self.delta = np.empty((T, self.blocks * self.n_out, m), grad_a.dtype)
        self.run_back(grad_h, self.delta)
        mean_delta = fold(self.delta) / m  # errors of all steps side by side: one product adds up over time
        columns = np.eye(self.n_in, dtype=grad_a.dtype)[:, x.ravel()] if x.ndim == 2 else fold(x)
        np.matmul(mean_delta, columns.T, out=self.dW)            # eq-bptt-W
        np.matmul(mean_delta, fold(self.h[:-1]).T, out=self.dU)  # eq-bptt-U
        mean_delta.sum(axis=1, keepdims=True, out=self.db)       # eq-bptt-W
        return self.W.T @ self.delta if input_gradient else None

    def run(self, z):
        """Fill self.h from z = W x_t + b of all steps, shape (T, blocks * n_hidden, m); z may be overwritten."""
        raise NotImplementedError

    def run_back(self, grad_h, delta):
        """Fill the errors delta, shape (T, blocks * n_hidden, m), from grad_h = dL/dh of what comes after the layer."""
        raise NotImplementedError

    def config(self):
        return {"n_in": self.n_in, "n_hidden": self.n_out, "last_only": self.last_only}

    def _states(self, name, T, m):
        """An array for a state before the first step and after each, (T + 1, n_hidden, m); the first is filled."""
        states = np.empty((T + 1, self.n_out, m), self.W.dtype)
        states[0] = self.carried[name][-1] if name in self.carried else 0
        if self.carrying:
            self.carried = self.carried | {name: states}
        return states

    def _checked(self, x):
        if x.dtype.kind in "iu" and x.ndim == 2 and x.size:
            if x.min() < 0 or x.max() >= self.n_in:
                raise ValueError(f"{self} expects class numbers between 0 and {self.n_in - 1}, "
                                 f"got {x.min()} to {x.max()}")
        elif x.ndim != 3 or x.shape[1] != self.n_in or not x.size:
            raise ValueError(f"{self} expects sequences of shape (T, {self.n_in}, m), or class numbers (T, m) as "
                             f"integers, got {x.dtype} of shape {x.shape}" + self._hint(x))
        else:
            x = x.astype(self.W.dtype, copy=False)
        if self.carried and self.carried["h"].shape[-1] != x.shape[-1]:
            raise ValueError(f"{self} carries the state of {self.carried['h'].shape[-1]} examples, got "
                             f"{x.shape[-1]}: call carry_state() to begin anew")
        return x

    def _hint(self, x):
        if not x.size:
            return ": it is empty"
        if x.ndim == 3 and x.shape[2] == self.n_in:
            return (": are the examples in the middle, or first? They come last here, so pass x.transpose(0, 2, 1) if "
                    "the steps come first, x.transpose(1, 2, 0) if the examples do")
        if x.ndim == 3 and x.shape[0] == self.n_in:
            return ": the steps come first, so pass x.transpose(1, 0, 2)"
        if x.ndim == 2 and len(x) == self.n_in:
            return ": for a single step pass x[None]; or does the layer before it give the last state only?"
        if x.ndim == 2 and x.shape[1] == self.n_in:
            return ": for a single sequence pass x[..., None]"
        if x.ndim == 2:
            return ": class numbers must be integers, so pass x.astype(int)"
        if x.ndim == 1:
            return ": for a single sequence pass x.reshape(-1, 1)"
        return ""

    def __repr__(self):
        return f"{type(self).__name__}({self.n_in} -> {self.n_out}{', last_only=True' if self.last_only else ''})"


class Recurrent(_Recurrence):
    """A plain recurrent layer: h_t = tanh(W x_t + U h_{t-1} + b), from h_0 = 0 (Elman, 1990).

    W is (n_hidden, n_in), U is (n_hidden, n_hidden), b is (n_hidden, 1). last_only: give h_T instead of all states.

    After forward: h (T + 1, n_hidden, m), h_0 first. After backward: delta (T, n_hidden, m), dW, dU, db.
    """

    def run(self, z):
        T, _, m = z.shape
        h = self.h = self._states("h", T, m)
        for t in range(T):
            np.tanh(z[t] + self.U @ h[t], out=h[t + 1])  # eq-recurrent

    def run_back(self, grad_h, delta):
        grad_later = 0  # what the next step hands back
        for t in reversed(range(len(delta))):
            h = self.h[t + 1]
            np.multiply(grad_h[t] + grad_later, 1 - h * h, out=delta[t])  # eq-bptt
            grad_later = self.U.T @ delta[t]  # eq-bptt-state


class LSTM(_Recurrence):
    """Long short-term memory: a cell c that is kept, added to and read out through three gates.

        i, f, o = sigmoid(W x_t + U h_{t-1} + b), each with its own block of rows    input, forget, output gate
        g = tanh(W x_t + U h_{t-1} + b), the fourth block                             candidate
        c_t = f * c_{t-1} + i * g,    h_t = o * tanh(c_t)

    (Hochreiter & Schmidhuber, 1997; forget gate: Gers et al., 2000.) W is (4 n_hidden, n_in), U is
    (4 n_hidden, n_hidden), b is (4 n_hidden, 1), blocks in the order i, f, o, g. The forget gate's bias begins at 1,
    so that the cell keeps what it holds (Jozefowicz et al., 2015). last_only: give h_T instead of all states.

    After forward: h, c (T + 1, n_hidden, m), the start first, gates (T, 4, n_hidden, m).
    After backward: delta (T, 4 n_hidden, m), dW, dU, db.
    """

    blocks = 4

    def initialize(self, rng):
        """As all recurrent layers, but ones for the bias of the forget gate."""
        super().initialize(rng)
        self.b[self.n_out : 2 * self.n_out] = 1

    def run(self, z):
        T, _, m = z.shape
        h, c = self.h, self.c = self._states("h", T, m), self._states("c", T, m)
        self.gates, self.tanh_c = z.reshape(T, 4, self.n_out, m), np.empty((T, self.n_out, m), z.dtype)
        for t in range(T):
            z[t] += self.U @ h[t]  # one product for all four
            i, f, o, g = self.gates[t]
            self.gates[t, :3] = sigmoid(self.gates[t, :3])  # eq-lstm-gates
            np.tanh(g, out=g)                               # eq-lstm-candidate
            np.multiply(f, c[t], out=c[t + 1])
            c[t + 1] += i * g                               # eq-lstm-cell
            np.tanh(c[t + 1], out=self.tanh_c[t])
            np.multiply(o, self.tanh_c[t], out=h[t + 1])    # eq-lstm-hidden

    def run_back(self, grad_h, delta):
        grad_later, grad_c = 0, np.zeros_like(self.c[0])
        blocks = delta.reshape(self.gates.shape)
        for t in reversed(range(len(delta))):
            i, f, o, g = self.gates[t]
            delta_i, delta_f, delta_o, delta_g = blocks[t]
            tanh_c = self.tanh_c[t]
            total_h = grad_h[t] + grad_later
            np.multiply(total_h, tanh_c, out=delta_o)       # eq-lstm-blocks, its last line
            total_h *= o
            grad_c += total_h * (1 - tanh_c * tanh_c)       # eq-lstm-cell-back
            np.multiply(grad_c, g, out=delta_i)             # and its first three
            np.multiply(grad_c, self.c[t], out=delta_f)
            np.multiply(grad_c, i, out=delta_g)
            gates = self.gates[t, :3]
            blocks[t, :3] *= gates * (1 - gates)            # the sigmoid's slope
            delta_g *= 1 - g * g                            # tanh's
            grad_c *= f                                     # along the cell, to the step before
            grad_later = self.U.T @ delta[t]                # eq-bptt-state
