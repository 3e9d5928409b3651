"""nnlib: the small NumPy library of the book Every Equation Runs.

Columns are examples, everywhere: the last axis of every array is the example axis. Read the modules in
this order: activations, initializers, costs, layers, convolution, recurrent, network, optimizers,
training, gradients, data.
"""

from nnlib import data
from nnlib.convolution import Conv2D, MaxPool2D
from nnlib.gradients import check_gradient
from nnlib.layers import Dense, Dropout, Flatten
from nnlib.network import Network
from nnlib.optimizers import SGD, Adam, Momentum, Nesterov, RMSProp
from nnlib.recurrent import LSTM, EachStep, Recurrent
from nnlib.training import DivergenceWarning, accuracy, clip_gradient, confusion_matrix, minibatches, train

__all__ = [
    "LSTM", "SGD", "Adam", "Conv2D", "Dense", "DivergenceWarning", "Dropout", "EachStep", "Flatten", "MaxPool2D",
    "Momentum", "Nesterov", "Network", "RMSProp", "Recurrent", "accuracy", "check_gradient", "clip_gradient",
    "confusion_matrix", "data", "minibatches", "train",
]
