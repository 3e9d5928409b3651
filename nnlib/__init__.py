"""nnlib: the small NumPy library of the book Every Equation Runs.

Columns are examples, everywhere: the last axis of every array is the example axis. Read the modules in
this order: activations, initializers, costs, layers, convolution, network, optimizers, training,
gradients, data.
"""

from nnlib import data
from nnlib.convolution import Conv2D, MaxPool2D
from nnlib.gradients import check_gradient
from nnlib.layers import Dense, Dropout, Flatten
from nnlib.network import Network
from nnlib.optimizers import SGD, Adam, Momentum, Nesterov, RMSProp
from nnlib.training import DivergenceWarning, accuracy, confusion_matrix, minibatches, train

__all__ = [
    "SGD", "Adam", "Conv2D", "Dense", "DivergenceWarning", "Dropout", "Flatten", "MaxPool2D", "Momentum", "Nesterov",
    "Network", "RMSProp", "accuracy", "check_gradient", "confusion_matrix", "data", "minibatches", "train",
]
