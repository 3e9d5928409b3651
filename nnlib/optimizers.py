"""Optimisers, in order of complexity. Each makes one step from the parameters along the gradient.

    optimizer.step(parameters, gradient)     changes parameters in place; both flat, of the same length

A step's state (velocity, running means) starts at zero with the first step and belongs to one parameter
vector: use a new optimiser for a new network. The learning rate `eta` may be changed between steps.
"""

import numpy as np


def _check(name, value, low, high):
    if not low <= value < high:
        raise ValueError(f"{name} must be at least {low} and below {high}, got {value}")
    return value


class Optimizer:
    """What all optimisers share: a learning rate and lazily made state of the parameters' length."""

    def __init__(self, eta):
        self.eta = _check("the learning rate eta", eta, 0, np.inf)
        self.steps = 0

    def step(self, parameters, gradient):
        """One step, in place. Raises ValueError if the optimiser belongs to another network."""
        if self.steps == 0:
            self.buffer = np.empty_like(parameters)  # the step, made without a new array each time
            self.start(parameters)
            self.size = parameters.size
        elif parameters.size != self.size:
            raise ValueError(f"this {type(self).__name__} has stepped {self.size} parameters before, "
                             f"got {parameters.size}: use a new optimiser for a new network")
        self.steps += 1
        self.update(parameters, gradient)

    def start(self, parameters):
        """Make the state: zeros like the parameters."""

    def update(self, parameters, gradient):
        """The optimiser's formula."""
        raise NotImplementedError


class SGD(Optimizer):
    """Gradient descent: theta <- theta - eta * gradient. Stochastic if the gradient is a mini-batch's."""

    def update(self, parameters, gradient):
        parameters -= np.multiply(gradient, self.eta, out=self.buffer)  # eq-descent-step


class Momentum(Optimizer):
    """Velocity v <- beta v + gradient, then theta <- theta - eta v.

    A steady gradient is amplified by 1 / (1 - beta) (Polyak, 1964; this scaling as in PyTorch).
    """

    def __init__(self, eta, beta=0.9):
        super().__init__(eta)
        self.beta = _check("beta", beta, 0, 1)

    def start(self, parameters):
        self.velocity = np.zeros_like(parameters)

    def update(self, parameters, gradient):
        self.velocity *= self.beta
        self.velocity += gradient
        parameters -= np.multiply(self.velocity, self.eta, out=self.buffer)  # eq-momentum


class Nesterov(Momentum):
    """Momentum that looks ahead: theta <- theta - eta (gradient + beta v), v already updated.

    The form in which the gradient is taken where the parameters are (Sutskever et al., 2013, section 2,
    after the change of variables of Bengio et al., 2013).
    """

    def update(self, parameters, gradient):
        self.velocity *= self.beta
        self.velocity += gradient
        parameters -= self.eta * (gradient + self.beta * self.velocity)  # eq-nesterov


class RMSProp(Optimizer):
    """Divides by a running root mean square of the gradient g.

    s <- beta s + (1 - beta) g^2, then theta <- theta - eta g / (sqrt(s) + epsilon). Each parameter gets a step of
    about eta, whatever the size of its gradient (Tieleman & Hinton, 2012).
    """

    def __init__(self, eta=0.001, beta=0.9, epsilon=1e-8):
        super().__init__(eta)
        self.beta = _check("beta", beta, 0, 1)
        self.epsilon = _check("epsilon", epsilon, 0, np.inf)

    def start(self, parameters):
        self.mean_square = np.zeros_like(parameters)

    def update(self, parameters, gradient):
        self.mean_square *= self.beta
        self.mean_square += (1 - self.beta) * gradient * gradient
        parameters -= self.eta * gradient / (np.sqrt(self.mean_square) + self.epsilon)  # eq-rmsprop


class Adam(Optimizer):
    """Momentum over RMSProp, both with their start at zero corrected (Kingma & Ba, 2015, algorithm 1).

    mean <- beta1 mean + (1 - beta1) g; mean_square <- beta2 mean_square + (1 - beta2) g^2;
    theta <- theta - eta * mean_hat / (sqrt(mean_square_hat) + epsilon), where _hat divides by 1 - beta^t.
    """

    def __init__(self, eta=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8):
        super().__init__(eta)
        self.beta1, self.beta2 = _check("beta1", beta1, 0, 1), _check("beta2", beta2, 0, 1)
        self.epsilon = _check("epsilon", epsilon, 0, np.inf)

    def start(self, parameters):
        self.mean = np.zeros_like(parameters)
        self.mean_square = np.zeros_like(parameters)

    def update(self, parameters, gradient):
        buffer = self.buffer
        self.mean *= self.beta1
        self.mean += np.multiply(gradient, 1 - self.beta1, out=buffer)
        self.mean_square *= self.beta2
        np.multiply(gradient, gradient, out=buffer)
        buffer *= 1 - self.beta2
        self.mean_square += buffer                                           # eq-adam-means
        np.divide(self.mean_square, 1 - self.beta2**self.steps, out=buffer)  # eq-adam-corrected
        np.sqrt(buffer, out=buffer)
        buffer += self.epsilon
        np.divide(self.mean, buffer, out=buffer)
        buffer *= self.eta / (1 - self.beta1**self.steps)                    # eq-adam-corrected
        parameters -= buffer                                                 # eq-adam
